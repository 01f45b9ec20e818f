import type { ServiceError } from '@grpc/grpc-js'
import * as bridge from '../../src/gen/laurel/v1/destination_service.ts'
import { callUnary, createClient } from './client.ts'
import { errorInfoOf } from './error-info.ts'
import { TITLE_ID } from './fixture.ts'

/** Returns a client of DestinationService for one title; requests are plain objects of the fields that differ from defaults. */
export function bridgeOn(address: string, titleId = TITLE_ID) {
  const client = createClient(bridge.DestinationServiceClient, address)
  const of = (parts: object) => ({ titleId, ...parts }) as never
  const named = (destinationId: string, more: object = {}) => of({ destinationId, ...more })
  return {
    [Symbol.dispose]: () => client.close(),
    async create(destination: object, more: object = {}) {
      const request = { destination: of(destination), ...more } as never
      const message = bridge.CreateDestinationRequest.fromPartial(request)
      return present((await callUnary(client, 'createDestination', message)).destination)
    },
    async get(destinationId: string) {
      const message = bridge.GetDestinationRequest.fromPartial(named(destinationId))
      return present((await callUnary(client, 'getDestination', message)).destination)
    },
    list: (more: object) =>
      callUnary(client, 'listDestinations', bridge.ListDestinationsRequest.fromPartial(of(more))),
    async update(destination: object, more: object = {}) {
      const request = { destination: of(destination), ...more } as never
      const message = bridge.UpdateDestinationRequest.fromPartial(request)
      return present((await callUnary(client, 'updateDestination', message)).destination)
    },
    delete: (destinationId: string, etag = '') =>
      callUnary(
        client,
        'deleteDestination',
        bridge.DeleteDestinationRequest.fromPartial(named(destinationId, { etag })),
      ),
    async pause(destinationId: string) {
      const message = bridge.PauseDestinationRequest.fromPartial(named(destinationId))
      return present((await callUnary(client, 'pauseDestination', message)).destination)
    },
    async resume(destinationId: string) {
      const message = bridge.ResumeDestinationRequest.fromPartial(named(destinationId))
      return present((await callUnary(client, 'resumeDestination', message)).destination)
    },
    test: (destinationId: string) =>
      callUnary(client, 'testDestination', bridge.TestDestinationRequest.fromPartial(named(destinationId))),
    listDeliveries: (destinationId: string, more: object = {}) =>
      callUnary(
        client,
        'listDeliveries',
        bridge.ListDeliveriesRequest.fromPartial(named(destinationId, more)),
      ),
    health: (destinationId: string) =>
      callUnary(
        client,
        'getDestinationHealth',
        bridge.GetDestinationHealthRequest.fromPartial(named(destinationId)),
      ),
    async getDelivery(destinationId: string, eventId: string) {
      const message = bridge.GetDeliveryRequest.fromPartial(named(destinationId, { eventId }))
      return present((await callUnary(client, 'getDelivery', message)).delivery)
    },
    async replay(destinationId: string, eventId: string) {
      const message = bridge.ReplayDeliveryRequest.fromPartial(named(destinationId, { eventId }))
      return present((await callUnary(client, 'replayDelivery', message)).delivery)
    },
    async replayMany(destinationId: string, more: object = {}) {
      const message = bridge.ReplayDeliveriesRequest.fromPartial(named(destinationId, more))
      return (await callUnary(client, 'replayDeliveries', message)).replayedCount
    },
    pageOfAchievements(playerId: string, more: object = {}) {
      const message = bridge.ListAchievementDeliveriesRequest.fromPartial(of({ playerId, ...more }))
      return callUnary(client, 'listAchievementDeliveries', message)
    },
    async ofAchievements(playerId: string, more: object = {}) {
      return (await this.pageOfAchievements(playerId, more)).deliveries
    },
  }
}

/** Returns the code, the reason and the text of a call that must fail. */
export async function failureOf(call: Promise<unknown>) {
  const error = await call.then(
    () => {
      throw new Error('the call succeeded')
    },
    (reason: ServiceError) => reason,
  )
  return { code: error.code, reason: errorInfoOf(error).reason, details: error.details }
}

function present<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new Error('the response is empty')
  return message
}

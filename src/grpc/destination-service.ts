import type { DestinationServiceService } from '../gen/laurel/v1/destination_service.ts'
import type { Operations } from '../service/operations.ts'
import {
  readDeliveryStates,
  readEventId,
  readReplayableStates,
  writeAchievementDelivery,
  writeDelivery,
  writeDeliveryCounts,
} from './convert/delivery.ts'
import { readDestination, readDestinationPatch, writeDestination } from './convert/destination.ts'
import { readEtag, readId, readOptionalId, readPaging, readRequestId } from './convert/scalars.ts'
import { readInstant, writeDuration } from './convert/time.ts'
import { parse, required, type Violations } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

export function destinationService(operations: Operations): HandlersOf<typeof DestinationServiceService> {
  return {
    createDestination: unary(async (message, call) => {
      const request = parse((violations) => ({
        destination: readDestination(required(message.destination, 'destination'), violations),
        fromOldest: message.fromOldest,
        requestId: readRequestId(message.requestId, violations),
      }))
      return { destination: writeDestination(await operations.createDestination(request, call)) }
    }),

    getDestination: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      return { destination: writeDestination(await operations.getDestination(key, call)) }
    }),

    getDestinationHealth: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      const { destination, ...counts } = await operations.getDestinationHealth(key, call)
      return { destination: writeDestination(destination), ...writeDeliveryCounts(counts) }
    }),

    listDestinations: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listDestinations(request, call)
      return { destinations: items.map(writeDestination), nextPageToken: nextPageToken ?? '' }
    }),

    updateDestination: unary(async (message, call) => {
      const request = parse((violations) => {
        const destination = required(message.destination, 'destination')
        return {
          titleId: readId(destination.titleId, 'destination.title_id', violations),
          destinationId: readId(destination.destinationId, 'destination.destination_id', violations),
          etag: readEtag(destination.etag, 'destination.etag', violations),
          patch: readDestinationPatch(destination, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { destination: writeDestination(await operations.updateDestination(request, call)) }
    }),

    deleteDestination: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readKey(message, violations),
        etag: readEtag(message.etag, 'etag', violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.deleteDestination(request, call)
      return {}
    }),

    pauseDestination: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      return { destination: writeDestination(await operations.pauseDestination(key, call)) }
    }),

    resumeDestination: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      return { destination: writeDestination(await operations.resumeDestination(key, call)) }
    }),

    testDestination: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      const { duration, ...result } = await operations.testDestination(key, call)
      return { ...result, duration: writeDuration(duration) }
    }),

    listDeliveries: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readKey(message, violations),
        playerId: readOptionalId(message.playerId, 'player_id', violations),
        achievementId: readOptionalId(message.achievementId, 'achievement_id', violations),
        states: readDeliveryStates(message.states, violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listDeliveries(request, call)
      return { deliveries: items.map(writeDelivery), nextPageToken: nextPageToken ?? '' }
    }),

    getDelivery: unary(async (message, call) => {
      const key = parse((violations) => readDeliveryKey(message, violations))
      return { delivery: writeDelivery(await operations.getDelivery(key, call)) }
    }),

    replayDelivery: unary(async (message, call) => {
      const key = parse((violations) => readDeliveryKey(message, violations))
      return { delivery: writeDelivery(await operations.replayDelivery(key, call)) }
    }),

    replayDeliveries: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readKey(message, violations),
        states: readReplayableStates(message.states, violations),
        playerId: readOptionalId(message.playerId, 'player_id', violations),
        startTime: readInstant(message.startTime, 'start_time', violations),
        endTime: readInstant(message.endTime, 'end_time', violations),
      }))
      return { replayedCount: await operations.replayDeliveries(request, call) }
    }),

    listAchievementDeliveries: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        playerId: readId(message.playerId, 'player_id', violations),
        achievementId: readOptionalId(message.achievementId, 'achievement_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listAchievementDeliveries(request, call)
      return { deliveries: items.map(writeAchievementDelivery), nextPageToken: nextPageToken ?? '' }
    }),
  }
}

function readKey(
  message: { readonly titleId: string; readonly destinationId: string },
  violations: Violations,
) {
  return {
    titleId: readId(message.titleId, 'title_id', violations),
    destinationId: readId(message.destinationId, 'destination_id', violations),
  }
}

function readDeliveryKey(
  message: { readonly titleId: string; readonly destinationId: string; readonly eventId: string },
  violations: Violations,
) {
  return { ...readKey(message, violations), eventId: readEventId(message.eventId, violations) }
}

import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateDestinationRequest,
  DestinationServiceClient,
} from '../../../src/gen/laurel/v1/destination_service.ts'
import {
  EventServiceClient,
  WatchProgressRequest,
  type WatchProgressResponse,
} from '../../../src/gen/laurel/v1/event_service.ts'
import { callUnary, createClient } from '../../support/client.ts'
import type { Environment } from '../environment.ts'
import { createFixture } from '../fixture.ts'
import type { Subject } from '../rounds.ts'
import { unaryTo } from './wire.ts'

const WITHOUT = { titleId: 'without_subscribers', players: 50_000, achievements: 1 }
const WITH = { titleId: 'with_subscribers', players: 50_000, achievements: 1 }
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

/**
 * `unary` to two servers, each with a database of its own. One has no subscribers. All events of the other go to a watch, and to a
 * webhook as fast as its default rate limit allows. Each round waits until all events have deliveries, so that they do not slow down
 * the next subject.
 */
export async function withSubscribers(environment: Environment): Promise<readonly (readonly Subject[])[]> {
  const without = await open(environment, WITHOUT)
  const server = await open(environment, WITH)
  const hook = await environment.helper('load/hook.ts')
  await createDestination(server.address, hook.address)
  watch(server.address)
  const subject = unaryTo(environment, 'unary, with subscribers', server.address, WITH)
  return [
    [
      unaryTo(environment, 'unary, without subscribers', without.address, WITHOUT),
      {
        ...subject,
        async measure(timing) {
          const measured = await subject.measure(timing)
          while (await isBehind(environment, server.databaseUrl)) await sleep(100)
          return measured
        },
      },
    ],
  ]
}

async function open(environment: Environment, target: typeof WITH) {
  const databaseUrl = await environment.createDatabase(`bench_${target.titleId}`)
  const { address } = await environment.server({ databaseUrl, env: { LAUREL_CREDENTIAL_HOOK: SECRET } })
  await createFixture(environment, address, databaseUrl, target)
  return { address, databaseUrl }
}

async function createDestination(address: string, url: string): Promise<void> {
  using destinations = createClient(DestinationServiceClient, address)
  const credential = 'env:LAUREL_CREDENTIAL_HOOK'
  const { titleId } = WITH
  const destination = { titleId, destinationId: 'hook', dialect: 'webhook', url, credential }
  await callUnary(destinations, 'createDestination', CreateDestinationRequest.fromPartial({ destination }))
}

/** Until the server ends. */
function watch(address: string): void {
  const client = createClient(EventServiceClient, address)
  const stream = client.watchProgress(WatchProgressRequest.fromPartial({ titleId: WITH.titleId }))
  stream.on('data', (_: WatchProgressResponse) => {})
  stream.on('error', () => client.close())
}

/** Returns whether there are events without deliveries. */
async function isBehind(environment: Environment, databaseUrl: string): Promise<boolean> {
  const [row] = await environment.query<{ behind: boolean }>(
    databaseUrl,
    'select (select max(id) from events) > (select min(position) from destination_flows) as behind',
  )
  return row?.behind ?? false
}

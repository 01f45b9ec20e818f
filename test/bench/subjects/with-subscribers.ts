import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateDestinationRequest,
  DestinationServiceClient,
} from '../../../src/gen/laurel/v1/destination_service.ts'
import {
  ProgressServiceClient,
  WatchProgressRequest,
  type WatchProgressResponse,
} from '../../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../../support/client.ts'
import { createWorld } from '../fixture.ts'
import type { Subject } from '../rounds.ts'
import type { Stage } from '../server-process.ts'
import { unaryTo } from './unary.ts'

const UNTOLD = { titleId: 'untold', players: 50_000, achievements: 1 }
const TOLD = { titleId: 'told', players: 50_000, achievements: 1 }
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

/**
 * Single reports to two servers with the same settings, each on a database of its own: of one nobody hears, of the other
 * all events go to a watch and, as far as its usual rate lets them, to a webhook. What is left to be told when a round ends
 * is waited for, so that it is no burden of the next subject.
 */
export async function told(stage: Stage): Promise<readonly (readonly Subject[])[]> {
  const undeliverable = await open(stage, UNTOLD)
  const server = await open(stage, TOLD)
  const hook = await stage.helper('load/hook.ts')
  await createDestination(server.address, hook.place)
  watch(server.address)
  const subject = unaryTo(stage, 'unary, watched and delivered', server.address, TOLD)
  return [
    [
      unaryTo(stage, 'unary, nobody told', undeliverable.address, UNTOLD),
      {
        ...subject,
        async measure(timing) {
          const measured = await subject.measure(timing)
          while (await isBehind(stage, server.databaseUrl)) await sleep(100)
          return measured
        },
      },
    ],
  ]
}

async function open(stage: Stage, target: typeof TOLD) {
  const databaseUrl = await stage.createDatabase(`bench_${target.titleId}`)
  const { address } = await stage.server({ databaseUrl, env: { LAUREL_CREDENTIAL_HOOK: SECRET } })
  await createWorld(stage, address, databaseUrl, target)
  return { address, databaseUrl }
}

async function createDestination(address: string, url: string): Promise<void> {
  using bridge = createClient(DestinationServiceClient, address)
  const credential = 'env:LAUREL_CREDENTIAL_HOOK'
  const { titleId } = TOLD
  const destination = { titleId, destinationId: 'hook', dialect: 'webhook', url, credential }
  await callUnary(bridge, 'createDestination', CreateDestinationRequest.fromPartial({ destination }))
}

/** For as long as the server lives. */
function watch(address: string): void {
  const client = createClient(ProgressServiceClient, address)
  const stream = client.watchProgress(WatchProgressRequest.fromPartial({ titleId: TOLD.titleId }))
  stream.on('data', (_: WatchProgressResponse) => {})
  stream.on('error', () => client.close())
}

/** Whether there are events that have not become deliveries. */
async function isBehind(stage: Stage, databaseUrl: string): Promise<boolean> {
  const [row] = await stage.query<{ behind: boolean }>(
    databaseUrl,
    'select (select max(id) from events) > (select min(position) from destination_flows) as behind',
  )
  return row?.behind ?? false
}

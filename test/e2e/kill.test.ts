import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  GetProgressRequest,
  ProgressServiceClient,
  RecordProgressRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let folder: string
const start = () => startServer({ env: { LAUREL_DATA_DIR: folder } })
/** Each round has players of its own: a write that was under way at the kill may be committed after it. */
const playersOf = (round: string) => Array.from({ length: 8 }, (_, index) => `${round}-${index}`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-kill-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755)
  await using server = await start()
  await createFixture(server.address, { marathon: 1_000_000n })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Adds in sequence for each player, until a call fails or the signal aborts. */
class Adding {
  /** The number of acknowledged adds of each player. */
  readonly acknowledged: number[]
  readonly done: Promise<unknown>

  constructor(server: RunningServer, round: string, signal?: AbortSignal) {
    const players = playersOf(round)
    this.acknowledged = players.map(() => 0)
    const client = createClient(ProgressServiceClient, server.address)
    const add = async (playerId: string, index: number) => {
      for (let count = 0; !signal?.aborted; count += 1) {
        const quantity = { value: { $case: 'integer' as const, value: 1n } }
        const report = { $case: 'add' as const, value: { quantity } }
        const key = { titleId: TITLE_ID, playerId, achievementId: 'marathon' }
        const request = RecordProgressRequest.fromPartial({ ...key, report, requestId: `${count}` })
        await callUnary(client, 'recordProgress', request)
        this.acknowledged[index] = count + 1
      }
    }
    const each = players.map((playerId, index) => add(playerId, index).catch(() => {}))
    this.done = Promise.all(each).finally(() => client.close())
  }

  /** Waits until each player has more than 20 adds. */
  async begun(): Promise<void> {
    await until(() => this.acknowledged.every((count) => count > 20))
  }
}

async function countsOn(server: RunningServer, round: string): Promise<number[]> {
  using client = createClient(ProgressServiceClient, server.address)
  return await Promise.all(
    playersOf(round).map(async (playerId) => {
      const key = { titleId: TITLE_ID, playerId, achievementId: 'marathon' }
      const { progress } = await callUnary(client, 'getProgress', GetProgressRequest.fromPartial(key))
      return Number(progress?.requirements[0]?.current?.value?.value ?? 0)
    }),
  )
}

describe('no acknowledged write is lost', () => {
  test('when the server is killed during writes, three times', async () => {
    for (const round of ['one', 'two', 'three']) {
      const server = await start()
      const adding = new Adding(server, round)
      await adding.begun()
      await server.kill('SIGKILL')
      await adding.done
      await using next = await start()
      expectAll(adding, await countsOn(next, round))
    }
  })

  test('when its Postgres is killed and the server goes on', async () => {
    await using server = await start()
    const enough = new AbortController()
    const adding = new Adding(server, 'postgres', enough.signal)
    await adding.begun()
    process.kill(await postmasterPid(), 'SIGKILL')
    await expect.poll(() => countsOn(server, 'postgres').catch(() => undefined)).toBeDefined()
    // Players without a call during the outage have seen no failure, and would go on.
    enough.abort()
    await adding.done
    expectAll(adding, await countsOn(server, 'postgres'))
  })
})

function expectAll({ acknowledged }: Adding, written: readonly number[]): void {
  for (const [index, count] of acknowledged.entries()) {
    // The write that was under way may be committed without its response.
    expect([count, count + 1]).toContain(written[index])
  }
}

async function postmasterPid(): Promise<number> {
  const [pid] = (await readFile(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

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
import { type RunningServer, startServer } from '../support/server.ts'
import { createWorld, TITLE_ID } from '../support/world.ts'

let folder: string
const start = () => startServer({ env: { LAUREL_DATA_DIR: folder } })
const players = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-kill-'))
  // Under root Postgres runs as another user, who must be able to enter.
  await chmod(folder, 0o755)
  await using server = await start()
  await createWorld(server.address, { marathon: 1_000_000n })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Adds one after the other for each player until the server is gone; gives what was acknowledged of each. */
async function addUntilGone(server: RunningServer, round: string): Promise<number[]> {
  using client = createClient(ProgressServiceClient, server.address)
  const quantity = { value: { $case: 'integer' as const, value: 1n } }
  return await Promise.all(
    players.map(async (playerId) => {
      for (let count = 0; ; count += 1) {
        const add = { $case: 'add' as const, value: { quantity } }
        const key = { titleId: TITLE_ID, playerId, achievementId: 'marathon' }
        const request = RecordProgressRequest.fromPartial({
          ...key,
          report: add,
          requestId: `${round}-${count}`,
        })
        const answered = await callUnary(client, 'recordProgress', request).then(
          () => true,
          () => false,
        )
        if (!answered) return count
      }
    }),
  )
}

async function countsOn(server: RunningServer): Promise<number[]> {
  using client = createClient(ProgressServiceClient, server.address)
  return await Promise.all(
    players.map(async (playerId) => {
      const key = { titleId: TITLE_ID, playerId, achievementId: 'marathon' }
      const { progress } = await callUnary(client, 'getProgress', GetProgressRequest.fromPartial(key))
      return Number(progress?.requirements[0]?.current?.value?.value ?? 0)
    }),
  )
}

describe('no acknowledged write is lost', () => {
  test('when the server is killed amid a stream of writes, again and again', async () => {
    let before = players.map(() => 0)
    for (const round of ['one', 'two', 'three']) {
      const server = await start()
      const writing = addUntilGone(server, round)
      setTimeout(() => server.process.kill('SIGKILL'), 700)
      const acknowledged = await writing
      await server.kill('SIGKILL')
      await using next = await start()
      const after = await countsOn(next)
      for (const [index, player] of players.entries()) {
        const written = (after[index] ?? 0) - (before[index] ?? 0)
        // The one write that was under way may have been kept without its answer.
        expect([acknowledged[index], (acknowledged[index] ?? 0) + 1], player).toContain(written)
      }
      expect(acknowledged.reduce((a, b) => a + b)).toBeGreaterThan(0)
      before = after
    }
  })

  test('when its Postgres is killed, and the server goes on', async () => {
    await using server = await start()
    const before = await countsOn(server)
    const writing = addUntilGone(server, 'postgres')
    await new Promise((resolve) => setTimeout(resolve, 500))
    process.kill(await postmasterPid(), 'SIGKILL')
    const acknowledged = await writing
    await expect.poll(() => countsOn(server).catch(() => undefined), { timeout: 20_000 }).toBeDefined()
    const after = await countsOn(server)
    for (const [index] of players.entries()) {
      const written = (after[index] ?? 0) - (before[index] ?? 0)
      expect([acknowledged[index], (acknowledged[index] ?? 0) + 1]).toContain(written)
    }
  })
})

async function postmasterPid(): Promise<number> {
  const [pid] = (await readFile(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { ProgressServiceClient, RecordProgressRequest } from '../../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../../support/client.ts'
import { createFixture, TITLE_ID } from '../../support/fixture.ts'
import { startWatch } from '../../support/watch.ts'
import type { Setup } from '../setup.ts'

/** Milliseconds from a report until a watcher has its event; the time of the write is part of it. */
export interface WatchLatency {
  readonly name: string
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Milliseconds between two reports: each alone, and a steady load. */
const INTERVALS = { sparse: 150, steady: 7 }

const NAMES = {
  acknowledgement: 'response',
  near: 'event at a watcher of the same server',
  far: 'event at a watcher of another server',
}

/** Measures how long events take to watchers of the server that writes them, and of another server on the database. */
export async function watchLatency(
  { server, single }: Setup,
  events: number,
): Promise<readonly WatchLatency[]> {
  await createFixture(server.address, { marathon: 1_000_000_000n })
  using client = createClient(ProgressServiceClient, server.address)
  const reach = (playerId: string, count: number) => {
    const quantity = { value: { $case: 'integer' as const, value: BigInt(count) } }
    const report = { $case: 'reach' as const, value: { requirementId: '', quantity } }
    const request = { titleId: TITLE_ID, playerId, achievementId: 'marathon', report }
    return callUnary(client, 'recordProgress', RecordProgressRequest.fromPartial(request))
  }
  const watching = { titleId: TITLE_ID }
  await using near = await startWatch(server.address, watching)
  await using far = await startWatch(single.address, watching)
  const results: WatchLatency[] = []
  for (const [load, interval] of Object.entries(INTERVALS)) {
    const taken = { acknowledgement: [] as number[], near: [] as number[], far: [] as number[] }
    const reports: Promise<void>[] = []
    const started = near.events.length
    for (let count = 1; count <= events; count += 1) {
      const begun = performance.now()
      const playerId = `${load}-${count}`
      const receivedBy = (watch: typeof near, times: number[]) =>
        watch
          .until(() => watch.events.some((event) => event.playerId === playerId))
          .then(() => void times.push(performance.now() - begun))
      const reported = reach(playerId, count).then(
        () => void taken.acknowledgement.push(performance.now() - begun),
      )
      const received = [receivedBy(near, taken.near), receivedBy(far, taken.far)]
      const done = Promise.all([reported, ...received]).then(() => {})
      // Awaited below.
      done.catch(() => {})
      reports.push(done)
      await sleep(interval)
    }
    await Promise.all(reports)
    for (const watch of [near, far])
      if (watch.events.length - started !== events) throw new Error('a watch received an event twice')
    for (const [what, times] of Object.entries(taken)) {
      const sorted = times.toSorted((left, right) => left - right)
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
      results.push({
        name: `${load} reports: ${NAMES[what as keyof typeof NAMES]}`,
        p50: at(0.5),
        p99: at(0.99),
        max: at(1),
      })
    }
  }
  return results
}

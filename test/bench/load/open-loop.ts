import { setTimeout as wait } from 'node:timers/promises'
import type { Calls } from './closed-loop.ts'
import type { Connection } from './connection.ts'
import type { Tally } from './tally.ts'

/**
 * Calls at a fixed rate, whether answers come or not. A call is timed from when it was due, so that a server that
 * stalls is charged for all who would have come meanwhile.
 */
export async function openLoop(
  connections: readonly Connection[],
  { head, next }: Calls,
  rate: number,
  tally: Tally,
): Promise<void> {
  const start = performance.now()
  const answers: Promise<void>[] = []
  for (let sent = 0; !tally.isOver; ) {
    const due = Math.floor(((performance.now() - start) / 1000) * rate)
    for (; sent < due; sent += 1) {
      const connection = connections[sent % connections.length] as Connection
      answers.push(call(connection, head, next(), start + (sent / rate) * 1000, tally))
    }
    await wait(1)
  }
  await Promise.all(answers)
}

function call(
  connection: Connection,
  head: Buffer,
  message: Buffer,
  due: number,
  tally: Tally,
): Promise<void> {
  return new Promise((resolve) => {
    connection.call(head, message, {
      data: () => {},
      end: (ok) => {
        tally.add(ok ? 1 : 0, ok ? 0 : 1)
        tally.time(due)
        resolve()
      },
    })
  })
}

import { setTimeout as wait } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { countOutcomes, MessageReader, type Outcomes } from './messages.ts'
import type { Tally } from './tally.ts'

/** Calls of one kind. */
export interface Calls {
  readonly head: Buffer
  /** Returns the next message to send. */
  next(): Buffer
  /** Reads the outcomes of the items in a response. Absent if a call is one item, whose outcome is the call's status. */
  readonly outcomes?: (response: Buffer) => Outcomes
}

/** Keeps a number of calls in flight until the tally is over, and waits for the last responses. */
export async function closedLoop(
  connections: readonly Connection[],
  calls: Calls,
  inFlight: number,
  tally: Tally,
): Promise<void> {
  const loops: Promise<void>[] = []
  for (let index = 0; index < inFlight; index += 1) {
    const connection = connections[index % connections.length] as Connection
    if (connection.freeStreams < 1)
      throw new Error(`the server allows too few calls per connection for ${inFlight} in flight`)
    loops.push(callRepeatedly(connection, calls, tally))
  }
  await Promise.all(loops)
}

function callRepeatedly(connection: Connection, calls: Calls, tally: Tally): Promise<void> {
  const { head, outcomes } = calls
  const { promise, resolve } = Promise.withResolvers<void>()
  let reader = new MessageReader()
  let counted: Outcomes | undefined
  const caller = {
    data(bytes: Buffer) {
      if (outcomes === undefined) return
      for (const message of reader.push(bytes)) counted = outcomes(message)
    },
    end(ok: boolean) {
      if (!ok) tally.add(0, 1)
      else if (outcomes === undefined) tally.add(1, 0)
      else tally.add(counted?.succeeded ?? 0, counted?.failed ?? 1)
      // A server that rejects every call would be called as fast as it rejects.
      if (tally.isOver || !ok) return resolve()
      reader = new MessageReader()
      counted = undefined
      connection.call(head, calls.next(), caller)
    },
  }
  connection.call(head, calls.next(), caller)
  return promise
}

/**
 * Calls at a fixed rate without waiting for responses. A call's latency starts when it was due, so that a stall of the server
 * counts for every call that was due during it.
 */
export async function openLoop(
  connections: readonly Connection[],
  { head, next }: Calls,
  rate: number,
  tally: Tally,
): Promise<void> {
  const start = performance.now()
  const calls: Promise<void>[] = []
  for (let sent = 0; !tally.isOver; ) {
    const due = Math.floor(((performance.now() - start) / 1000) * rate)
    for (; sent < due; sent += 1) {
      const connection = connections[sent % connections.length] as Connection
      calls.push(timedCall(connection, head, next(), start + (sent / rate) * 1000, tally))
    }
    await wait(1)
  }
  await Promise.all(calls)
}

function timedCall(
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

/** Keeps a number of items in flight on one stream until the tally is over, and waits for the last responses. */
export function streamLoop(
  connection: Connection,
  { head, next }: Calls,
  itemsPerMessage: number,
  maxInFlight: number,
  tally: Tally,
): Promise<void> {
  return new Promise((resolve) => {
    const reader = new MessageReader()
    let inFlight = itemsPerMessage
    let isEnded = false
    const fill = () => {
      if (isEnded) return
      if (tally.isOver) {
        isEnded = true
        return connection.write(id, Buffer.alloc(0), true)
      }
      for (; inFlight + itemsPerMessage <= maxInFlight; inFlight += itemsPerMessage) {
        connection.write(id, next(), false)
      }
    }
    const caller = {
      data(bytes: Buffer) {
        for (const message of reader.push(bytes)) {
          const { succeeded, failed } = countOutcomes(message)
          tally.add(succeeded, failed)
          inFlight -= succeeded + failed
        }
        fill()
      },
      end(ok: boolean) {
        if (!ok || inFlight > 0) tally.add(0, Math.max(1, inFlight))
        resolve()
      },
    }
    const id = connection.call(head, next(), caller, false)
    fill()
  })
}

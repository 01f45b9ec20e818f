import type { Connection } from './connection.ts'
import type { Outcomes } from './messages.ts'
import { MessageReader } from './messages.ts'
import type { Tally } from './tally.ts'

/** Calls of one kind. */
export interface Calls {
  readonly head: Buffer
  /** The next message to send. */
  next(): Buffer
  /** What an answer says of the items of its call. Left out: a call is one item, and its status says it all. */
  readonly outcomes?: (answer: Buffer) => Outcomes
}

/** Keeps so many calls in flight until the tally is over, and waits for the last answers. */
export async function closedLoop(
  connections: readonly Connection[],
  calls: Calls,
  inFlight: number,
  tally: Tally,
): Promise<void> {
  const slots: Promise<void>[] = []
  for (let index = 0; index < inFlight; index += 1) {
    const connection = connections[index % connections.length] as Connection
    if (connection.room < 1)
      throw new Error(`the server lets a connection have too few calls for ${inFlight}`)
    slots.push(callOnAndOn(connection, calls, tally))
  }
  await Promise.all(slots)
}

function callOnAndOn(connection: Connection, calls: Calls, tally: Tally): Promise<void> {
  const { head, outcomes } = calls
  const { promise, resolve } = Promise.withResolvers<void>()
  let reader = new MessageReader()
  let answer: Outcomes | undefined
  const caller = {
    data(bytes: Buffer) {
      if (outcomes === undefined) return
      for (const message of reader.push(bytes)) answer = outcomes(message)
    },
    end(ok: boolean) {
      if (!ok) tally.add(0, 1)
      else if (outcomes === undefined) tally.add(1, 0)
      else tally.add(answer?.succeeded ?? 0, answer?.failed ?? 1)
      // A server that refuses everything is to be heard of, not hammered.
      if (tally.isOver || !ok) return resolve()
      reader = new MessageReader()
      answer = undefined
      connection.call(head, calls.next(), caller)
    },
  }
  connection.call(head, calls.next(), caller)
  return promise
}

import type { Calls } from './closed-loop.ts'
import type { Connection } from './connection.ts'
import { countOutcomes, MessageReader } from './messages.ts'
import type { Tally } from './tally.ts'

/** Keeps so many items on the way on one stream until the tally is over, and waits for the last answers. */
export function streamLoop(
  connection: Connection,
  { head, next }: Calls,
  itemsPerMessage: number,
  mostOnTheWay: number,
  tally: Tally,
): Promise<void> {
  return new Promise((resolve) => {
    const reader = new MessageReader()
    let onTheWay = itemsPerMessage
    let isEnded = false
    const fill = () => {
      if (isEnded) return
      if (tally.isOver) {
        isEnded = true
        return connection.write(id, Buffer.alloc(0), true)
      }
      for (; onTheWay + itemsPerMessage <= mostOnTheWay; onTheWay += itemsPerMessage) {
        connection.write(id, next(), false)
      }
    }
    const caller = {
      data(bytes: Buffer) {
        for (const message of reader.push(bytes)) {
          const { succeeded, failed } = countOutcomes(message)
          tally.add(succeeded, failed)
          onTheWay -= succeeded + failed
        }
        fill()
      },
      end(ok: boolean) {
        if (!ok || onTheWay > 0) tally.add(0, Math.max(1, onTheWay))
        resolve()
      },
    }
    const id = connection.call(head, next(), caller, false)
    fill()
  })
}

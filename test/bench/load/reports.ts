import {
  BatchItem,
  BatchRecordProgressRequest,
  RecordProgressRequest,
  StreamProgressRequest,
} from '../../../src/gen/laurel/v1/progress_service.ts'
import { withPrefix } from './messages.ts'

/** The players and achievements of a subject's reports. */
export interface Target {
  readonly titleId: string
  /** Not divisible by 7919. */
  readonly players: number
  readonly achievements: number
}

export type MessageKind = 'unary' | 'batch' | 'stream'

/** From 2^28 to 2^35 a value has five bytes on the wire. */
const FIRST_VALUE = 2 ** 28
const STRIDE = 7919
const REQUEST_ID_DIGITS = 12

/** Number of reports of this process: each has a request id of its own and a higher value than all before it. */
let count = 0

/**
 * Encoded messages of reports. A message is encoded once; then only the digits of player, achievement and request id and the
 * value are overwritten. Players take turns in a pseudo-random order, each once per turn, so every report is a change.
 */
export class Reports {
  readonly #target: Target
  readonly #itemCount: number
  readonly #bytes: Buffer
  readonly #offsets: Offsets
  readonly #length: number

  /** @param itemCount reports per message */
  constructor(target: Target, kind: MessageKind, itemCount: number) {
    this.#target = target
    this.#itemCount = itemCount
    this.#bytes = withPrefix(encode(target, kind, itemCount))
    this.#offsets = offsetsIn(this.#bytes)
    const second = this.#bytes.indexOf(playerName(0), this.#offsets.player)
    this.#length = second === -1 ? 0 : second + playerName(0).length - this.#offsets.player
  }

  /** Returns the next message, in a buffer that the following one overwrites. */
  next(): Buffer {
    const { players, achievements } = this.#target
    for (let index = 0; index < this.#itemCount; index += 1) {
      const from = index * this.#length
      const turn = Math.floor(count / players)
      this.#writeDigits(from + this.#offsets.player, (count * STRIDE) % players)
      this.#writeDigits(from + this.#offsets.achievement, (count + turn) % achievements)
      this.#writeDigits(from + this.#offsets.requestId, count)
      this.#writeValue(from + this.#offsets.value, FIRST_VALUE + count)
      count += 1
    }
    return this.#bytes
  }

  /** Writes all digits, from the last to the first. */
  #writeDigits(end: number, number: number): void {
    let left = number
    for (let at = end - 1; this.#isDigit(at); at -= 1) {
      this.#bytes[at] = 0x30 + (left % 10)
      left = Math.floor(left / 10)
    }
  }

  #isDigit(at: number): boolean {
    const byte = this.#bytes[at] as number
    return byte >= 0x30 && byte <= 0x39
  }

  /** A varint. */
  #writeValue(at: number, value: number): void {
    let left = value
    for (let index = 0; index < 5; index += 1) {
      this.#bytes[at + index] = (left % 0x80) | (index < 4 ? 0x80 : 0)
      left = Math.floor(left / 0x80)
    }
  }
}

/** The ends of the digits, and the start of the value, in the first report. */
interface Offsets {
  readonly player: number
  readonly achievement: number
  readonly requestId: number
  readonly value: number
}

function offsetsIn(bytes: Buffer): Offsets {
  const endOf = (text: string) => bytes.indexOf(text) + text.length
  return {
    player: endOf(playerName(0)),
    achievement: endOf(achievementName(0)),
    requestId: endOf(requestIdOf(0)),
    value: bytes.indexOf(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x01])),
  }
}

function encode({ titleId }: Target, kind: MessageKind, itemCount: number): Uint8Array {
  const report = {
    titleId,
    playerId: playerName(0),
    achievementId: achievementName(0),
    report: {
      $case: 'reach' as const,
      value: {
        requirementId: 'count',
        quantity: { value: { $case: 'integer' as const, value: BigInt(FIRST_VALUE) } },
      },
    },
    requestId: requestIdOf(0),
  }
  if (kind === 'unary')
    return RecordProgressRequest.encode(RecordProgressRequest.fromPartial(report)).finish()
  const items = Array.from({ length: itemCount }, () => BatchItem.fromPartial(report))
  if (kind === 'batch') return BatchRecordProgressRequest.encode({ items }).finish()
  return StreamProgressRequest.encode({ items }).finish()
}

function requestIdOf(number: number): string {
  return `bench-request-${String(number).padStart(REQUEST_ID_DIGITS, '0')}`
}

/** All names have the same length, so that a message for one is a template for all. */
export function playerName(number: number): string {
  return `player-${String(number).padStart(8, '0')}`
}

export function achievementName(number: number): string {
  return `achievement-${String(number).padStart(3, '0')}`
}

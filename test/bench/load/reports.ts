import {
  BatchItem,
  BatchRecordProgressRequest,
  RecordProgressRequest,
  StreamProgressRequest,
} from '../../../src/gen/laurel/v1/progress_service.ts'
import { withPrefix } from './messages.ts'
import { achievementName, playerName } from './names.ts'

/** Whose progress is reported on what. */
export interface Target {
  readonly titleId: string
  /** Not divisible by 7919. */
  readonly players: number
  readonly achievements: number
}

/** How reports go on the wire. */
export type Form = 'unary' | 'batch' | 'stream'

/** From here to 2^35 a value takes five bytes on the wire. */
const FIRST_VALUE = 2 ** 28
const STRIDE = 7919
const REQUEST_ID_DIGITS = 12

/** Counts every report that this process makes: each has its own request id, and a value above all before it. */
let made = 0

/**
 * Reports ready to be sent. They are encoded once; for each message only the digits of the player, the achievement and
 * the request id are put in, and the value. Players come in turn, in an order that looks random: all of them once
 * before any of them again, so that every report rises and changes something.
 */
export class Reports {
  readonly #target: Target
  readonly #count: number
  readonly #bytes: Buffer
  readonly #places: Places
  readonly #length: number

  /** `count` is how many go in a message. */
  constructor(target: Target, form: Form, count: number) {
    this.#target = target
    this.#count = count
    this.#bytes = withPrefix(encode(target, form, count))
    this.#places = placesIn(this.#bytes)
    const second = this.#bytes.indexOf(playerName(0), this.#places.player)
    this.#length = second === -1 ? 0 : second + playerName(0).length - this.#places.player
  }

  /** The next message, in a buffer that the one after it will overwrite. */
  next(): Buffer {
    const { players, achievements } = this.#target
    for (let index = 0; index < this.#count; index += 1) {
      const from = index * this.#length
      const turn = Math.floor(made / players)
      this.#writeDigits(from + this.#places.player, (made * STRIDE) % players)
      this.#writeDigits(from + this.#places.achievement, (made + turn) % achievements)
      this.#writeDigits(from + this.#places.requestId, made)
      this.#writeValue(from + this.#places.value, FIRST_VALUE + made)
      made += 1
    }
    return this.#bytes
  }

  /** From the last digit to the first that is not zero: the places hold enough of them. */
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

/** Where the digits of each text end in the first report, and where its value begins. */
interface Places {
  readonly player: number
  readonly achievement: number
  readonly requestId: number
  readonly value: number
}

function placesIn(bytes: Buffer): Places {
  const endOf = (text: string) => bytes.indexOf(text) + text.length
  return {
    player: endOf(playerName(0)),
    achievement: endOf(achievementName(0)),
    requestId: endOf(requestIdOf(0)),
    value: bytes.indexOf(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x01])),
  }
}

function encode({ titleId }: Target, form: Form, count: number): Uint8Array {
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
  if (form === 'unary')
    return RecordProgressRequest.encode(RecordProgressRequest.fromPartial(report)).finish()
  const items = Array.from({ length: count }, () => BatchItem.fromPartial(report))
  if (form === 'batch') return BatchRecordProgressRequest.encode({ items }).finish()
  return StreamProgressRequest.encode({ items }).finish()
}

function requestIdOf(number: number): string {
  return `bench-request-${String(number).padStart(REQUEST_ID_DIGITS, '0')}`
}

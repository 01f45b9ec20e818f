import type { IdForm, IdSeed } from '../../src/dialect/adapter.ts'
import { TICKS_PER_MILLISECOND } from '../../src/model/instant.ts'

/** Discord stores ids as signed 64-bit integers. */
const LAST = 2n ** 63n - 1n
const LAST_DIGITS = LAST.toString().length
/** The first of 17 digits: @discordjs/rest takes only 17 to 19 digits for an id in a path. */
const FIRST_MINTED = 10n ** 16n
const DISCORD_EPOCH = 1_420_070_400_000n
/** Worker, process and sequence. */
const LOW_BITS = 22n

export const MAX_SAFE_DIGITS = 15

export const SNOWFLAKE: IdForm = {
  accepts: isSnowflakeText,
  form: 'a snowflake: a decimal number from 1 to 9223372036854775807',
}

/** Whether a value of a document is an id without loss. */
export function isSnowflake(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0
  return typeof value === 'string' && isSnowflakeText(value)
}

export function isSnowflakeText(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && (text.length < LAST_DIGITS || BigInt(text) <= LAST)
}

/** A free id of 17 to 19 digits: the milliseconds since Discord's epoch, then bits of the entropy. */
export function mintSnowflake({ taken, time, entropy }: IdSeed): string {
  const milliseconds = time / TICKS_PER_MILLISECOND - DISCORD_EPOCH
  const bounded = milliseconds < 0n ? 0n : milliseconds > LAST >> LOW_BITS ? LAST >> LOW_BITS : milliseconds
  const timed = (bounded << LOW_BITS) | BigInt.asUintN(Number(LOW_BITS), entropy)
  let id = timed < FIRST_MINTED ? FIRST_MINTED + timed : timed
  while (taken.has(id.toString())) id = id === LAST ? FIRST_MINTED : id + 1n
  return id.toString()
}

/** An application id of 18 digits, as Discord gave them from 2015 to 2022. */
export function deriveApplicationId(entropy: bigint): string {
  const first = 10n ** 17n
  return (first + (BigInt.asUintN(64, entropy) % (9n * first))).toString()
}

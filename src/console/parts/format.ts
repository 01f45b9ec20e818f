/** Formats a time of the contract in the reader's language and time zone. */
export function formatTime(text: string | undefined): string {
  if (text === undefined) return ''
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : TIME.format(time)
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const NUMBER = new Intl.NumberFormat()

export function formatNumber(value: number | bigint | string): string {
  return NUMBER.format(typeof value === 'string' ? BigInt(value) : value)
}

/** Returns a count with its noun: `1 entry`, `2 entries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`
}

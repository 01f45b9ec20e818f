/** Formats a time of the contract in the reader's language and time zone. */
export function formatTime(text: string | undefined): string {
  if (text === undefined) return ''
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : TIME.format(time)
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 20 })
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** Formats a percentage from 0 to 100. */
export function formatPercent(percent: number): string {
  return PERCENT.format(percent / 100)
}

export function formatNumber(value: number | bigint | string): string {
  return NUMBER.format(typeof value === 'string' ? BigInt(value) : value)
}

/** Returns a count with its noun: `1 entry`, `2 entries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`
}

const AGE = new Intl.RelativeTimeFormat(undefined, { numeric: 'always', style: 'short' })
/** The units of ages with their seconds, the largest first. */
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Formats a time of the contract as an age: `5 min. ago`. */
export function formatAge(text: string | undefined): string {
  if (text === undefined) return ''
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(text)) / 1000))
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? (['second', 1] as const)
  return AGE.format(-Math.floor(seconds / size), unit)
}

/** A visible character. A link whose name has only spaces, control characters and characters without width could not be seen. */
const VISIBLE = /[^\p{Z}\p{C}\p{M}\u115F\u1160\u2800\u3164\uFFA0]/u

/** Returns the name, or the id if the name has no visible character. */
export function nameOr(name: string | undefined, id: string): string {
  return name !== undefined && VISIBLE.test(name) ? name : id
}

import type { JsonValue } from './json.ts'

/**
 * Returns the parsed value, with integers beyond 2^53 as bigints instead of rounded numbers.
 * @throws SyntaxError if the text is not JSON.
 */
export function parseExactJson(text: string): JsonValue {
  return MAY_BE_INEXACT.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text)
}

/** Returns JSON that `parseExactJson` reads back as the same value: bigints are plain integers. */
export function formatJson(value: JsonValue, indent?: number): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? rawJson(member) : member), indent)
}

/** Present in Node 22 and later, not yet in TypeScript's library. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: bigint): unknown }

/** A number of 16 digits or more may need more than a double; inside a string it follows a quote. */
const MAY_BE_INEXACT = /(?:^|[\s:,[-])\d{16}/

function exactNumber(_key: string, value: unknown, context?: { readonly source: string }): unknown {
  if (typeof value !== 'number' || context === undefined) return value
  // Beyond the range of a double it stays infinite: parsing a bigint of a million digits would take seconds.
  const isExact = Number.isSafeInteger(value) || !Number.isFinite(value) || !/^-?\d+$/.test(context.source)
  return isExact ? value : BigInt(context.source)
}

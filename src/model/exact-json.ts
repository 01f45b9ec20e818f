import type { JsonValue } from './json.ts'

/**
 * `JSON.parse` that rounds no integer: one beyond 2^53 becomes a bigint.
 * @throws SyntaxError where the text is not JSON.
 */
export function parseExactJson(text: string): JsonValue {
  return MAY_BE_INEXACT.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text)
}

/** `JSON.stringify` that `parseExactJson` reads back as the same value: bigints as plain integers. */
export function formatJson(value: JsonValue, indent?: number): string {
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? rawJson(member) : member), indent)
}

/** Present in Node 22 and later, not yet in TypeScript's library. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: bigint): unknown }

/** A number of 16 digits or more may need more than a double; inside a string it follows a quote. */
const MAY_BE_INEXACT = /(?:^|[\s:,[-])\d{16}/

function exactNumber(_key: string, value: unknown, context?: { readonly source: string }): unknown {
  if (typeof value !== 'number' || context === undefined) return value
  // One out of a double's range stays infinite, so that no number of a million digits becomes a bigint.
  const isExact = Number.isSafeInteger(value) || !Number.isFinite(value) || !/^-?\d+$/.test(context.source)
  return isExact ? value : BigInt(context.source)
}

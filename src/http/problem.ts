import type { LaurelError } from '../model/errors.ts'
import type { JsonObject } from '../model/json.ts'

interface Problem extends JsonObject {
  readonly error: string
  readonly reason: string
}

/** What is wrong, in the host's own form. Of a fault of Laurel's own, nothing but that it is one. */
export function problemOf(error: LaurelError | undefined): Problem {
  if (error === undefined) return { error: 'internal error', reason: 'INTERNAL' }
  const details = Object.entries(error.metadata).map(([name, value]) => [wireName(name), value])
  return { error: error.message, reason: error.reason, ...Object.fromEntries(details) }
}

/** As requests spell it. */
function wireName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

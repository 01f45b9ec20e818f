export type Level = 'ok' | 'warn' | 'fail'

/** The result of one check. */
export interface Finding {
  readonly check: string
  readonly level: Level
  /** The fact, and for `warn` and `fail` the remedy. Contains no secret. */
  readonly message: string
}

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message }
}

/** Something that serves, and that an operator may not want. */
export function warn(check: string, message: string): Finding {
  return { check, level: 'warn', message }
}

/** Something that keeps the server from starting, or calls from succeeding. */
export function fail(check: string, message: string): Finding {
  return { check, level: 'fail', message }
}

/** Returns the messages of an error and its causes, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own =
    error.message === '' && error instanceof AggregateError
      ? error.errors.map(reasonOf).join('; ')
      : error.message
  return error.cause === undefined ? own : `${own}: ${reasonOf(error.cause)}`
}

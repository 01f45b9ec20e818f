export interface BackoffBounds {
  /** Milliseconds within which the second attempt comes; twice as many for each further one. */
  readonly first: number
  readonly longest: number
}

/** Unless told otherwise. */
export const BACKOFF: BackoffBounds = { first: 1_000, longest: 60_000 }

/**
 * Milliseconds to wait after an attempt that failed: anything up to a bound that doubles with each attempt, so that
 * those who failed together do not come back together; and not before `retryAfter`, nor all at its very end.
 * @param attempt how many have failed, from 1
 * @param random at least 0, less than 1
 */
export function backoff(
  attempt: number,
  retryAfter: number | undefined,
  random: number,
  { first, longest }: BackoffBounds = BACKOFF,
): number {
  const jittered = random * Math.min(longest, first * 2 ** (attempt - 1))
  return retryAfter === undefined ? jittered : Math.max(jittered, retryAfter + random * first)
}

import type pg from 'pg'

/** Sends one statement at once, or several of which the first is sent at once. */
export type Step<Result = unknown> = () => Promise<Result>

type Steps<Results extends readonly unknown[]> = {
  readonly [Index in keyof Results]: Step<Results[Index]>
}

/**
 * Runs steps that do not need each other's results, in their order, and returns the results. Without a pipeline each step waits for
 * the one before.
 * @throws the error of the first step that failed, after all have ended
 */
export type RunTogether = <const Results extends readonly unknown[]>(
  steps: Steps<Results>,
) => Promise<Results>

/** Runs steps one after the other. */
export const runInTurn: RunTogether = async <const Results extends readonly unknown[]>(
  steps: Steps<Results>,
) => {
  const results: unknown[] = []
  for (const step of steps) results.push(await step())
  return results as unknown as Results
}

/**
 * Sends the statements of several steps before it waits for a response, so that they take one round trip. Postgres runs them in that
 * order, each on its own snapshot; after a failure in a transaction the later ones fail too, and a commit rolls back. A step that fails
 * before its statement is sent is the last: no commit follows it.
 */
export class Pipeline {
  readonly #client: { pipeline: boolean }
  readonly #waiting = new Set<() => void>()
  #depth = 0

  constructor(client: pg.ClientBase) {
    // Pipelining is the option of a whole connection in `pg`, and refuses COPY; it is read with each statement.
    this.#client = client as unknown as { pipeline: boolean }
  }

  /** To be called with each statement that is sent. */
  onSent(): void {
    for (const release of this.#waiting) release()
    this.#waiting.clear()
  }

  readonly together: RunTogether = async <const Results extends readonly unknown[]>(
    steps: Steps<Results>,
  ) => {
    const started: Promise<unknown>[] = []
    let hasFailed = false
    const fail = () => {
      hasFailed = true
    }
    this.#depth += 1
    this.#client.pipeline = true
    try {
      for (const step of steps) {
        if (hasFailed) break
        const sent = new Promise<void>((resolve) => this.#waiting.add(resolve))
        const result = step()
        started.push(result)
        // A step that sends nothing must not hold up the next.
        await Promise.race([sent, result.catch(fail)])
      }
    } finally {
      await Promise.allSettled(started)
      this.#depth -= 1
      this.#client.pipeline = this.#depth > 0
    }
    return (await Promise.all(started)) as unknown as Results
  }
}

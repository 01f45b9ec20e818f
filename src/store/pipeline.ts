import pg from 'pg'

/** Sends one statement at once, or several of which the first is sent at once. */
export type Step<Result = unknown> = () => Promise<Result>

type Steps<Results extends readonly unknown[]> = {
  readonly [Index in keyof Results]: Step<Results[Index]>
}

/**
 * Runs steps that do not need each other's results, in their order, and returns the results. Without a pipeline each step waits for
 * the one before.
 * @throws the error of the first step that failed, after all have ended; never that of a statement which Postgres ignored after a failure
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
 * without a statement is the last: no commit follows it.
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
    const outcomes = await this.#run(steps)
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    const failure = failures.find(({ reason }) => !isIgnored(reason)) ?? failures[0]
    if (failure !== undefined) throw failure.reason
    return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as unknown as Results
  }

  async #run(steps: readonly Step[]): Promise<readonly PromiseSettledResult<unknown>[]> {
    const started: Promise<unknown>[] = []
    let hasFailed = false
    const fail = () => {
      hasFailed = true
    }
    this.#depth += 1
    this.#client.pipeline = true
    for (const step of steps) {
      if (hasFailed) break
      const sent = new Promise<void>((resolve) => this.#waiting.add(resolve))
      // A step that throws rejects, so that the earlier steps are waited for.
      const result = (async () => step())()
      started.push(result)
      // A step that sends nothing must not hold up the next.
      await Promise.race([sent, result.catch(fail)])
    }
    const outcomes = await Promise.allSettled(started)
    this.#depth -= 1
    this.#client.pipeline = this.#depth > 0
    return outcomes
  }
}

/** Whether a statement was ignored because an earlier one of its transaction had failed: a step may send more after the failure of the next. */
function isIgnored(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '25P02'
}

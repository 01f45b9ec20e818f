import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'

/** Runs a transaction, rolls it back, and returns its result. */
export async function writeAndRollBack<Result>(
  services: Services,
  call: Call,
  write: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  try {
    await services.store.write(call.signal, async (queries) => {
      throw new DryRun(await write(queries))
    })
  } catch (error) {
    if (error instanceof DryRun) return error.result as Result
    throw error
  }
  throw new Error('a dry run was committed')
}

class DryRun extends Error {
  readonly result: unknown

  constructor(result: unknown) {
    super('rolled back')
    this.result = result
  }
}

import type { Queries } from '../../store/queries.ts'
import type { Call, Services } from '../services.ts'

/**
 * Does what may be much in many short transactions, so that nobody waits for long: until a step says that there is no
 * more. What was done when it fails stays done.
 */
export async function inSteps(
  { store }: Services,
  { signal }: Call,
  step: (queries: Queries) => Promise<boolean>,
): Promise<void> {
  let more = true
  while (more) more = await store.write(signal, step)
}

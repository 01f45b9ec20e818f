import { Failure } from '../failure.ts'
import { lossOf } from '../losses.ts'
import type { Pulling } from './commands.ts'
import { Refused } from './platform.ts'
import type { Person } from './players.ts'
import { takePage } from './take-page.ts'

/**
 * Copies the definitions, page by page.
 * @param person whose list it is read from, where the platform has no other
 * @throws Failure where the platform does not give them: what players have would have no place
 */
export async function pullDefinitions(pulling: Pulling, person: Person | undefined): Promise<void> {
  const { job, source, platform, laurel, state, file, losses, meter, signal } = pulling
  const about = { binding: job.binding, account: person?.account, locale: job.locale ?? job.defaultLocale }
  const credential = pulling.credentialOf(source.definitions.ofAccount ? person : undefined)
  const { tally, definitions } = state
  const counts = tally.definitions
  state.known ??= []
  try {
    for await (const page of platform.pages(
      source.definitions,
      about,
      credential,
      definitions.place,
      signal,
    )) {
      if (page.entries.length > 0) {
        const imported = await laurel.importDefinitions(job, page.entries)
        losses.add(imported.losses.map(lossOf))
        const taken = { tally, counts, playerId: '', coming: new Set<string>() }
        state.known.push(...takePage(page, imported, taken))
      }
      definitions.place = page.cursor
      definitions.done = page.cursor === undefined
      await file.write(state)
      meter.definitions(
        Object.values(counts).reduce((sum, count) => sum + count, 0),
        page.total,
      )
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const where = [error.request, error.path].filter((part) => part !== '').join(' ')
    throw new Failure([`the definitions cannot be read: ${error.message}`, `asked for: ${where}`], error)
  }
}

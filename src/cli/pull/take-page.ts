import { formatPath } from '../../dialect/losses.ts'
import type { EntryOutcome } from '../../gen/laurel/v1/exchange.ts'
import { driftOf } from '../drift.ts'
import { type RemoteError, remoteErrorOf } from '../failure.ts'
import type { Imported } from './laurel.ts'
import type { PulledPage } from './platform.ts'
import {
  addDrift,
  addPossibleDuplicates,
  addRefusal,
  addSummary,
  type Counts,
  kindOf,
  type Tally,
} from './tally.ts'

export interface Taken {
  readonly tally: Tally
  /** Of definitions or of progress. */
  readonly counts: Counts
  /** Whose progress it is; empty for definitions. */
  readonly playerId: string
  /** In a dry run: ids of achievements that a real one would have made by now. */
  readonly coming: ReadonlySet<string>
}

/** Counts what became of a page's entries. @returns the ids of ours that they are of */
export function takePage(page: PulledPage, { outcomes, summary }: Imported, taken: Taken): readonly string[] {
  const { tally, counts, playerId, coming } = taken
  addSummary(tally, summary)
  return outcomes.flatMap((outcome) => {
    const error = outcome.error && remoteErrorOf(outcome.error)
    const awaited = error && awaitedId(error, coming)
    counts[awaited === undefined ? kindOf(outcome) : 'changed'] += 1
    if (awaited !== undefined) return [awaited]
    if (error !== undefined) {
      const { path, message } = withIds(page, outcome, error)
      const { achievementId } = outcome
      addRefusal(tally, {
        playerId,
        request: page.request,
        path,
        achievementId,
        reason: error.reason,
        message,
      })
      return []
    }
    addPossibleDuplicates(tally, outcome)
    const { drift } = outcome
    if (drift?.kept !== undefined) addDrift(tally, driftOf(drift.document, drift.kept))
    return [outcome.achievementId]
  })
}

function awaitedId({ reason, metadata }: RemoteError, coming: ReadonlySet<string>): string | undefined {
  const id = metadata.get('achievement_id') ?? ''
  return reason === 'ACHIEVEMENT_NOT_FOUND' && coming.has(id) ? id : undefined
}

/** Entries travel as a bare list: their paths are those of the platform's own answer. */
function withIds({ list }: PulledPage, { path }: EntryOutcome, { message }: RemoteError) {
  const base = formatPath(list)
  const inResponse = (text: string) => (text.startsWith('$[') ? base + text.slice(1) : text)
  return { path: inResponse(path), message: inResponse(message) }
}

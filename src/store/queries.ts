import type { AbortableQueryOptions, Kysely } from 'kysely'
import { accountQueries } from './accounts.ts'
import { achievementIdQueries } from './achievement-ids.ts'
import { achievementQueries } from './achievements.ts'
import { playerQueries } from './players.ts'
import { progressQueries } from './progress.ts'
import { requestQueries } from './requests.ts'
import type { Tables } from './schema.ts'
import { sheetQueries } from './sheets.ts'
import { statQueries } from './stats.ts'
import { titleQueries } from './titles.ts'

/** What statements run on: a connection or a transaction, and the call that may abort them. */
export interface Scope {
  readonly db: Kysely<Tables>
  readonly abort: AbortableQueryOptions
}

/** Every statement that Laurel runs, by its use. */
export type Queries = ReturnType<typeof queriesOn>

export function queriesOn(scope: Scope) {
  return {
    ...titleQueries(scope),
    ...achievementQueries(scope),
    ...achievementIdQueries(scope),
    ...statQueries(scope),
    ...playerQueries(scope),
    ...accountQueries(scope),
    ...sheetQueries(scope),
    ...progressQueries(scope),
    ...requestQueries(scope),
  }
}

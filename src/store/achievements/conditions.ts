import { type SqlBool, sql } from 'kysely'
import type { Lifecycle } from '../../model/achievement.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import { containsText } from '../text-filter.ts'

/** A hash of the achievement `a` without its times and etag, and without the ids that Laurel created for it. */
export const CONTENT_HASH = sql`hash_record_extended(row (a.id, a.list_order, a.lifecycle, a.hidden, a.tags, a.definition - 'mintedIds', (
  select jsonb_object_agg(i.dialect, i.id) from achievement_ids i
  where i.title_id = a.title_id and i.achievement_id = a.id
    and (a.definition->'mintedIds'->>i.dialect) is distinct from i.id)), 0)`

const NAMES = [
  sql`achievements.id`,
  sql`definition->'name'->>'text'`,
  // The tags of the languages are no names: only the values are searched.
  sql`(select string_agg(value, chr(10)) from jsonb_each_text(definition->'name'->'translations'))`,
]

/** Selects achievements by the members that are neither absent nor empty. */
export interface AchievementConditions {
  /** Achievements with any of these tags. */
  readonly tags?: readonly string[]
  readonly hidden?: boolean | undefined
  readonly lifecycles?: readonly Lifecycle[]
  /** A text that the id or a name contains. */
  readonly query?: string | undefined
}

/** Returns whether an achievement passes the filters of a list. */
export function matches({ tags = [], hidden, lifecycles = [], query = '' }: AchievementConditions) {
  const conditions = [sql`true`]
  if (tags.length > 0) conditions.push(sql`tags && ${[...tags]}::text[]`)
  if (hidden !== undefined) conditions.push(sql`hidden = ${hidden}`)
  if (lifecycles.length > 0) conditions.push(sql`lifecycle = any(${[...lifecycles]}::text[])`)
  if (query !== '') conditions.push(containsText(NAMES, query))
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`
}

/** The model's `isShown` in SQL, for the achievement `a`. */
export function isShownTo({ playerId, titleId }: PlayerTitleKey) {
  return sql<SqlBool>`(a.lifecycle = 'live' or a.lifecycle = 'retired' and exists (
    select from progress where player_id = ${playerId} and title_id = ${titleId} and achievement_id = a.id
      and state = 'achieved'))`
}

import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Lifecycle } from '../../model/achievement.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Sharding } from '../citus/sharding.ts'
import type { Tables } from '../schema.ts'
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

/**
 * Returns the model's `isShown` in SQL, for the achievement `a`. On a cluster the player's achievements are read before: Citus does not
 * support a condition on sharded rows for the rows of a copied table.
 */
export async function isShownTo(
  db: Kysely<Tables>,
  { isDistributed }: Sharding,
  { playerId, titleId }: PlayerTitleKey,
): Promise<RawBuilder<SqlBool>> {
  const achieved = db
    .selectFrom('progress')
    .where('player_id', '=', playerId)
    .where('title_id', '=', titleId)
    .where('state', '=', 'achieved')
  if (!isDistributed) {
    const own = achieved.where('achievement_id', '=', sql<string>`a.id`).select(sql`1`.as('one'))
    return sql<SqlBool>`(a.lifecycle = 'live' or a.lifecycle = 'retired' and exists (${own}))`
  }
  const rows = await achieved.select('achievement_id').execute()
  const ids = rows.map(({ achievement_id }) => achievement_id)
  return sql<SqlBool>`(a.lifecycle = 'live' or a.lifecycle = 'retired' and a.id = any(${ids}::text[]))`
}

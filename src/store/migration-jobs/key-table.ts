import { type RawBuilder, sql } from 'kysely'
import type { ProgressKey } from '../../model/progress.ts'

/** Returns keys of progress as a table `k`, with their ordinals. */
export function keyTable(keys: readonly ProgressKey[]): RawBuilder<unknown> {
  const of = (name: keyof ProgressKey) => keys.map((key) => key[name])
  return sql`unnest(${of('playerId')}::text[], ${of('titleId')}::text[], ${of('achievementId')}::text[])
    with ordinality as k (player_id, title_id, achievement_id, ordinal)`
}

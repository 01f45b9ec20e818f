import type { Target } from '../load/reports.ts'
import type { Subject } from '../rounds.ts'
import type { Stage } from '../stage.ts'
import { createTitle } from '../world.ts'
import { unaryTo } from './unary.ts'

const SMALL = { titleId: 'small', players: 10_000, achievements: 1 }
const LARGE = { titleId: 'large', players: 100_000, achievements: 100 }

/**
 * Single reports to two servers with the same settings, each on a database of its own: one holds 10 thousand rows of
 * progress, the other 10 million. Reports go evenly to all rows that there are; the third subject goes to no more
 * players of the large one than the small one has.
 */
export async function growth(stage: Stage): Promise<readonly Subject[]> {
  const small = await open(stage, SMALL)
  const large = await open(stage, LARGE)
  return [
    unaryTo(stage, 'unary, 10 thousand rows', small, SMALL),
    unaryTo(stage, 'unary, 10 million rows', large, LARGE),
    unaryTo(stage, 'unary, 10 million rows, few players', large, { ...SMALL, titleId: LARGE.titleId }),
  ]
}

async function open(stage: Stage, target: Target): Promise<string> {
  const databaseUrl = await stage.createDatabase(`bench_${target.titleId}`)
  const { address } = await stage.server({ databaseUrl })
  await createTitle(address, target)
  for (const statement of fill(target)) await stage.query(databaseUrl, statement)
  return address
}

/** Straight into the tables, as if every player had begun every achievement. */
function fill({ titleId, players, achievements }: Target): readonly string[] {
  const player = `'player-' || lpad(p::text, 8, '0')`
  const achievement = `'achievement-' || lpad(a::text, 3, '0')`
  const everyPlayer = `generate_series(0, ${players - 1}) as p`
  // What refers to what is seen to: checking each of ten million rows would take longer than the bench.
  const insertProgress = `set session_replication_role = replica;
    insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent,
      first_report_time, last_report_time, revoked, writer, extensions)
    select ${player}, '${titleId}', ${achievement}, 'in_progress', '{"count": "1"}', 0, 0, 1, 1, false, '', '{}'
    from ${everyPlayer}, generate_series(0, ${achievements - 1}) as a`
  return [
    `insert into players (id, display_name, create_time, update_time) select ${player}, '', 1, 1 from ${everyPlayer}`,
    `insert into player_titles (player_id, title_id, version) select ${player}, '${titleId}', 1 from ${everyPlayer}`,
    insertProgress,
    'vacuum analyze',
    'checkpoint',
  ]
}

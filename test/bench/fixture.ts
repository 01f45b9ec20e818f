import { randomUUID } from 'node:crypto'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { CreateTitleRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import type { Environment } from './environment.ts'
import { achievementName, type Target } from './load/reports.ts'

/** Higher than any report of a run. */
const TARGET_VALUE = 1_000_000_000_000n

/** Creates a title with its achievements, and a row of progress for every player on each of them. */
export async function createFixture(
  environment: Environment,
  address: string,
  databaseUrl: string,
  target: Target,
): Promise<void> {
  await createTitle(address, target)
  for (const statement of progressStatements(target)) await environment.query(databaseUrl, statement)
}

async function createTitle(address: string, { titleId, achievements }: Target): Promise<void> {
  using titles = createClient(TitleServiceClient, address)
  using definitions = createClient(AchievementServiceClient, address)
  const title = { titleId, displayName: `Bench ${titleId}`, defaultLocale: 'en' }
  await callUnary(titles, 'createTitle', CreateTitleRequest.fromPartial({ title, requestId: randomUUID() }))
  for (let index = 0; index < achievements; index += 1) {
    const achievementId = achievementName(index)
    const achievement = {
      titleId,
      achievementId,
      name: {
        locale: 'en',
        text: `Lamplighter ${index}`,
        translations: new Map([['de', `Laternenmeister ${index}`]]),
      },
      description: { locale: 'en', text: `Light the lanterns of district ${index}` },
      requirements: [
        { requirementId: 'count', target: { value: { $case: 'integer' as const, value: TARGET_VALUE } } },
      ],
    }
    const request = CreateAchievementRequest.fromPartial({ achievement, requestId: randomUUID() })
    await callUnary(definitions, 'createAchievement', request)
  }
}

/** Writes into the tables directly: ten million reports would take longer than the bench. */
function progressStatements({ titleId, players, achievements }: Target): readonly string[] {
  const player = `'player-' || lpad(p::text, 8, '0')`
  const achievement = `'achievement-' || lpad(a::text, 3, '0')`
  const everyPlayer = `generate_series(0, ${players - 1}) as p`
  const everyAchievement = `generate_series(0, ${achievements - 1}) as a`
  return [
    `insert into players (id, display_name, create_time, update_time)
     select ${player}, '', 1, 1 from ${everyPlayer} on conflict do nothing`,
    // Skips the checks of foreign keys, which are satisfied.
    `set session_replication_role = replica;
     insert into player_titles (player_id, title_id) select ${player}, '${titleId}' from ${everyPlayer};
     insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent,
       first_report_time, last_report_time, revoked, writer, extensions)
     select ${player}, '${titleId}', ${achievement}, 'in_progress', '{"count": "1"}', 0, 0, 1, 1, false, '', '{}'
     from ${everyPlayer}, ${everyAchievement}`,
    // A statement planned for an empty table would use sequential scans until the statistics are updated.
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id,
       caller, request_key, digest)
     select ${player}, '${titleId}', '${achievementName(0)}', 'progressed', 1, 'in_progress', 0, '', '', 'begin-${titleId}', '', md5('${titleId}' || p)::uuid, ''
     from ${everyPlayer}`,
    'vacuum analyze',
    'checkpoint',
  ]
}

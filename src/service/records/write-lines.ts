import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { RowKind } from '../../model/record-line.ts'
import type { Stat } from '../../model/stat.ts'
import { withLocales } from '../../model/texts.ts'
import type { Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import { statCodesOf } from '../achievements/write-definitions.ts'
import { titleChange } from '../audit/changes.ts'
import { insertEntry } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'
import { bindTitle, insertTitle } from '../titles/bind-title.ts'
import type { Definitions } from './definition-line.ts'

/** A line of an export that was read. */
export type RecordLine = {
  /** From 1. */
  readonly line: number
  /** Empty if it is of no title. */
  readonly titleId: string
} & (
  | { readonly kind: 'title'; readonly record: Title }
  | { readonly kind: 'stat'; readonly record: Stat }
  | { readonly kind: 'achievement'; readonly record: Definitions['achievement'] }
  | { readonly kind: RowKind; readonly record: JsonObject }
)

/** Thrown if one of several lines is refused, and it is unknown which one. */
export class GroupRefused extends Error {}

/** Writes lines in their order, in the running transaction. @throws LaurelError DOCUMENT_REFUSED; GroupRefused */
export async function writeLines(
  services: Services,
  queries: Queries,
  lines: readonly RecordLine[],
  call: Call,
  groupLines = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const group of groupsOf(lines, groupLines)) {
    const [first] = group as [RecordLine, ...RecordLine[]]
    try {
      await writeGroup(services, queries, group, call)
    } catch (error) {
      if (!isRefusal(error)) throw error
      throw group.length === 1 ? lineRefused(first.line, error.message) : new GroupRefused()
    }
  }
}

/** @param problem the member, what it must be, and the remedy */
export function lineRefused(line: number, problem: string): LaurelError {
  const metadata = { line: String(line) }
  return new LaurelError('invalid_argument', 'DOCUMENT_REFUSED', `line ${line}: ${problem}`, { metadata })
}

function isRefusal(error: unknown): error is LaurelError {
  return error instanceof LaurelError && ['invalid_argument', 'already_exists'].includes(error.code)
}

/** Yields groups of successive lines of one kind: titles and stats one by one, achievements of one title. */
function* groupsOf(lines: readonly RecordLine[], maxLines: number): Generator<readonly RecordLine[]> {
  let group: RecordLine[] = []
  for (const line of lines) {
    const [first] = group
    const isAlone = line.kind === 'title' || line.kind === 'stat'
    const belongs =
      first?.kind === line.kind && (line.kind !== 'achievement' || first.titleId === line.titleId) && !isAlone
    if (group.length > 0 && (!belongs || group.length >= maxLines)) {
      yield group
      group = []
    }
    group.push(line)
  }
  if (group.length > 0) yield group
}

async function writeGroup(
  services: Services,
  queries: Queries,
  group: readonly RecordLine[],
  call: Call,
): Promise<void> {
  const [first] = group as [RecordLine, ...RecordLine[]]
  if (first.kind === 'title') return writeTitle(services, queries, first.record, call)
  const [title] = await lockTitles(queries, group)
  if (first.kind === 'stat') return writeStat(queries, first.record)
  if (first.kind === 'achievement') {
    const achievements = group.map(({ record }) => record as Definitions['achievement'])
    return writeAchievements(queries, title as Title, achievements, services.now())
  }
  const rows = group.map(({ record }) => record as JsonObject)
  await checkPlayers(queries, first.kind, rows)
  if (!(await queries.records.insert(first.kind, rows)))
    throw refused(OTHER_RECORD[first.kind] ?? 'must equal the record that is here')
  if (first.kind === 'progress') await countUnlocks(queries, rows)
}

const OTHER_RECORD: { readonly [Kind in RowKind]?: string } = {
  player: 'displayName: must be that of the player of this id, who is here already: rename one of the two',
  account: 'accountId: must not be the account of another player here: unlink it from one of the two',
  merged_player: 'absorbedId: must not be merged into another player here',
}

async function writeTitle(services: Services, queries: Queries, title: Title, call: Call): Promise<void> {
  if (!(await insertTitle(services, queries, title)))
    throw refused(`title.titleId: must not be here yet: delete title ${title.id} here, or export without it`)
  await bindTitle(services, queries, { id: title.id, bindings: {} }, title.bindings)
  await insertEntry(services, queries, call, undefined, titleChange(undefined, title))
}

async function writeStat(queries: Queries, stat: Stat): Promise<void> {
  if ((await queries.stats.listByCodes(stat.titleId, [stat.code])).length > 0)
    throw refused(`stat.statCode: must be once in its title: remove the second ${stat.code}`)
  await queries.stats.insert(stat)
}

async function writeAchievements(
  queries: Queries,
  { id: titleId, defaultLocale }: Title,
  achievements: readonly Definitions['achievement'][],
  now: Instant,
): Promise<void> {
  const ids = achievements.map(({ id }) => id)
  if (new Set(ids).size < ids.length || (await queries.achievements.listByIds(titleId, ids)).length > 0)
    throw refused(`achievement.achievementId: must be once in its title: remove the second ${ids[0]}`)
  await queries.stats.insertMissing(titleId, statCodesOf(achievements), now)
  await queries.records.refusingConflicts('achievement.ids', () =>
    queries.achievements.upsert(
      titleId,
      achievements.map((achievement) => withLocales(achievement, defaultLocale)),
    ),
  )
}

/** Returns the titles of lines, and keeps them from being deleted until the end of the transaction. */
async function lockTitles(queries: Queries, group: readonly RecordLine[]): Promise<readonly Title[]> {
  const titles: Title[] = []
  for (const titleId of new Set(group.map((line) => line.titleId).filter((id) => id !== ''))) {
    const title = await queries.titles.lock(titleId)
    if (title === undefined)
      throw refused(
        `titleId: must be a title that exists, and ${titleId} was deleted since an earlier part: import a new export`,
      )
    titles.push(title)
  }
  return titles
}

/** Checks that players do not have ids of players who were deleted or merged here, and the other way around. */
async function checkPlayers(queries: Queries, kind: RowKind, rows: readonly JsonObject[]): Promise<void> {
  const idsOf = (member: string) => rows.map((row) => row[member] as string)
  if (kind === 'player') {
    if ((await queries.tombstones.find(idsOf('playerId'))).size > 0)
      throw refused(
        'playerId: must not be a player who was deleted here: call CreatePlayer first, if it may come back',
      )
    if ((await queries.aliases.find(idsOf('playerId'))).size > 0)
      throw refused('playerId: must not be a player who was merged here: import into another Laurel')
  }
  // No constraint holds these.
  if (kind !== 'account' && kind !== 'merged_player') return
  const players = await queries.records.lockPlayers(idsOf('playerId'))
  if (!idsOf('playerId').every((id) => players.has(id)))
    throw refused('playerId: must be that of an earlier line: import an export as it was written')
  if (kind === 'merged_player' && (await queries.records.lockPlayers(idsOf('absorbedId'))).size > 0)
    throw refused('absorbedId: must not be the id of a player here: merge that player into playerId first')
}

/** Adds the unlocks of new progress to the totals of achievements: imported events do not count. */
async function countUnlocks(queries: Queries, rows: readonly JsonObject[]): Promise<void> {
  const unlocks = new Map<string, Map<string, number>>()
  for (const row of rows) {
    if (row['progress.state'] !== 'achieved' || row['progress.revoked'] === true) continue
    const [titleId, achievementId] = [row['titleId'] as string, row['achievementId'] as string]
    const ofTitle = unlocks.get(titleId) ?? new Map<string, number>()
    unlocks.set(titleId, ofTitle.set(achievementId, (ofTitle.get(achievementId) ?? 0) + 1))
  }
  for (const [titleId, ofTitle] of unlocks) await queries.unlockTotals.add(titleId, ofTitle)
  for (const titleId of new Set(rows.map((row) => row['titleId'] as string)))
    await queries.migrationParts.touchTitle(titleId)
}

function refused(problem: string): LaurelError {
  return new LaurelError('invalid_argument', 'DOCUMENT_REFUSED', problem)
}

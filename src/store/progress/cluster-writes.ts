import type { Kysely } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { PlayerTitleKey, ProgressKey } from '../../model/progress.ts'
import type { Sharding } from '../citus/sharding.ts'
import { fixed, fixedOfPlayers, fragment, table } from '../fixed-statement.ts'
import { RESPONSE_COLUMNS, RESPONSE_VALUES, responseRows } from '../idempotency.ts'
import type { Tables } from '../schema.ts'
import {
  CHANGE_EVENT_COLUMNS,
  CHANGE_EVENT_VALUES,
  changeRows,
  type ProgressChange,
} from './progress-changes.ts'
import { assignments, FIRST_VERSION, PROGRESS_COLUMNS, progressRows } from './progress-rows.ts'
import { numbersOf, type ProgressWrite, tablesOf, type WrittenProgress } from './progress-writes.ts'

const ASSIGNMENTS = fragment(assignments('w'))

/**
 * The optimistic write as several statements of one transaction, for each shard: Citus does not support an insert that reads other
 * parts of its statement. Each statement concerns one shard, so that a transaction of one shard is committed by its node alone.
 */
export async function writeOnCluster<Write extends ProgressWrite>(
  db: Kysely<Tables>,
  sharding: Sharding,
  writes: readonly Write[],
  time: Instant,
): Promise<readonly WrittenProgress<Write>[]> {
  const written: WrittenProgress<Write>[] = []
  for (const group of sharding.groups(writes, ({ key }) => key.playerId))
    written.push(...(await new ShardWrite(db, sharding, group, time).run()))
  return written
}

class ShardWrite<Write extends ProgressWrite> {
  readonly #db: Kysely<Tables>
  readonly #sharding: Sharding
  readonly #writes: readonly Write[]
  readonly #time: Instant

  constructor(db: Kysely<Tables>, sharding: Sharding, writes: readonly Write[], time: Instant) {
    this.#db = db
    this.#sharding = sharding
    this.#writes = writes
    this.#time = time
  }

  async run(): Promise<readonly WrittenProgress<Write>[]> {
    const candidates = await this.#candidates()
    const existing = await this.#lockProgress(candidates.filter(({ before }) => before !== undefined))
    const added = candidates.filter(({ before }) => before === undefined)
    const newTitles = await this.#insertPlayerTitles(added.filter((write) => write.isNewPlayerTitle))
    const locked = await this.#lockPlayerTitles([
      ...existing.filter(({ totals }) => totals.unlockedCount !== 0),
      ...added.filter((write) => !write.isNewPlayerTitle),
    ])
    const updated = existing.filter(
      ({ key, totals }) => totals.unlockedCount === 0 || locked.has(titleKey(key)),
    )
    const insertable = added.filter(({ key, isNewPlayerTitle }) =>
      (isNewPlayerTitle ? newTitles : locked).has(titleKey(key)),
    )
    const versions = await this.#insertProgress(insertable.filter(({ changes }) => changes.length > 0))
    const absent = await this.#absent(insertable.filter(({ changes }) => changes.length === 0))
    const written: WrittenProgress<Write>[] = [
      ...updated.map((write) => ({ write, version: nextVersion(write) })),
      ...insertable
        .filter(({ key }) => versions.has(progressKey(key)))
        .map((write) => ({ write, version: versions.get(progressKey(write.key)) })),
      ...absent.map((write) => ({ write, version: undefined })),
    ]
    await this.#updateProgress(updated.filter(({ changes }) => changes.length > 0))
    const all = written.map(({ write }) => write)
    await this.#addTotals(
      all.filter(({ isNewPlayerTitle, totals }) => !isNewPlayerTitle && totals.unlockedCount !== 0),
    )
    await this.#insertEvents(all)
    await this.#insertResponses(all)
    return written
  }

  #ofPlayers(column: string, writes: readonly Write[]) {
    return fixedOfPlayers(
      this.#sharding,
      column,
      writes.map(({ key }) => key.playerId),
    )
  }

  /** Returns the writes whose definition is current, and whose requests have no stored response. */
  async #candidates(): Promise<readonly Write[]> {
    const { definitions, progress, earlierChanges, responses } = tablesOf(this.#writes, this.#time)
    const current = await fixed<{ number: bigint }>`
      select d.number from ${definitions}
      join achievements a on a.title_id = d.title_id and a.id = d.id and a.revision = d.revision
      for key share of a skip locked`.execute(this.#db)
    const stored = await fixed<{ ordinal: bigint }>`
      select ordinal from (
        select ordinal, player_id, request_id, request_key from ${responses}
        union all select ordinal, player_id, request_id, request_key from ${earlierChanges} where request_key is not null
        union all select ordinal, player_id, request_id, request_key from ${progress} where request_key is not null
      ) k
      where exists (select from player_requests where player_id = k.player_id and request_id = k.request_id
          and ${this.#ofPlayers('player_id', this.#writes)})
        or exists (select from events where player_id = k.player_id and request_key = k.request_key
          and ${this.#ofPlayers('player_id', this.#writes)})`.execute(this.#db)
    const numbers = numbersOf(this.#writes)
    const isCurrent = new Set(current.rows.map(({ number }) => Number(number)))
    const isStored = new Set(stored.rows.map(({ ordinal }) => Number(ordinal)))
    return this.#writes.filter(
      ({ definition }, index) => isCurrent.has(numbers.get(definition) as number) && !isStored.has(index + 1),
    )
  }

  /** Returns the writes whose row has still the version, and locks these rows. */
  async #lockProgress(writes: readonly Write[]): Promise<readonly Write[]> {
    if (writes.length === 0) return []
    const { rows } = await fixed<KeyRow>`
      select p.player_id, p.title_id, p.achievement_id from ${keyTable(writes)}
      join progress p on p.player_id = k.player_id and p.title_id = k.title_id
        and p.achievement_id = k.achievement_id and p.version = k.before
      where ${this.#ofPlayers('p.player_id', writes)}
      for no key update of p skip locked`.execute(this.#db)
    const found = new Set(rows.map(progressKeyOfRow))
    return writes.filter(({ key }) => found.has(progressKey(key)))
  }

  /** Locks the players' rows of the titles, and returns the keys of the rows that were free. */
  async #lockPlayerTitles(writes: readonly Write[]): Promise<ReadonlySet<string>> {
    if (writes.length === 0) return new Set()
    const { rows } = await fixed<KeyRow>`
      select s.player_id, s.title_id from player_titles s
      where (s.player_id, s.title_id) in (select player_id, title_id from ${keyTable(writes)})
        and ${this.#ofPlayers('s.player_id', writes)}
      for no key update of s skip locked`.execute(this.#db)
    return new Set(rows.map(titleKeyOfRow))
  }

  /** Inserts the players' rows of the titles with their first totals, and returns the keys of the inserted rows. */
  async #insertPlayerTitles(writes: readonly Write[]): Promise<ReadonlySet<string>> {
    if (writes.length === 0) return new Set()
    const players = await fixed<{ id: string }>`
      select id from players where ${this.#ofPlayers('id', writes)} for key share skip locked`.execute(
      this.#db,
    )
    const ids = new Set(players.rows.map(({ id }) => id))
    const totals = totalsOf(writes.filter(({ key }) => ids.has(key.playerId)))
    if (totals.length === 0) return new Set()
    const { rows } = await fixed<KeyRow>`
      insert into player_titles (player_id, title_id, unlocked_count, score, last_unlock_time)
      select player_id, title_id, unlocks, added_score, last_unlock_time from ${totalTable(totals)}
      order by player_id, title_id
      on conflict (player_id, title_id) do nothing
      returning player_id, title_id`.execute(this.#db)
    return new Set(rows.map(titleKeyOfRow))
  }

  /** Returns the versions of the rows that were inserted. */
  async #insertProgress(writes: readonly Write[]): Promise<ReadonlyMap<string, bigint>> {
    if (writes.length === 0) return new Map()
    const { rows } = await fixed<KeyRow & { version: bigint }>`
      insert into progress (${PROGRESS_COLUMNS}, version)
      select ${PROGRESS_COLUMNS}, ${FIRST_VERSION} from ${table('r', progressRows(writes.map(lastOf)))}
      on conflict (player_id, title_id, achievement_id) do nothing
      returning player_id, title_id, achievement_id, version`.execute(this.#db)
    return new Map(rows.map((row) => [progressKeyOfRow(row), row.version]))
  }

  /** Returns the writes that have no row. */
  async #absent(writes: readonly Write[]): Promise<readonly Write[]> {
    if (writes.length === 0) return []
    const { rows } = await fixed<KeyRow>`
      select p.player_id, p.title_id, p.achievement_id from ${keyTable(writes)}
      join progress p on p.player_id = k.player_id and p.title_id = k.title_id and p.achievement_id = k.achievement_id
      where ${this.#ofPlayers('p.player_id', writes)}`.execute(this.#db)
    const found = new Set(rows.map(progressKeyOfRow))
    return writes.filter(({ key }) => !found.has(progressKey(key)))
  }

  async #updateProgress(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    await fixed`
      update progress p set ${ASSIGNMENTS}, version = p.version + 1
      from ${table('w', progressRows(writes.map(lastOf)))}
      where p.player_id = w.player_id and p.title_id = w.title_id and p.achievement_id = w.achievement_id
        and ${this.#ofPlayers('p.player_id', writes)}`.execute(this.#db)
  }

  async #addTotals(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    await fixed`
      update player_titles s set unlocked_count = s.unlocked_count + w.unlocks, score = s.score + w.added_score,
        last_unlock_time = greatest(s.last_unlock_time, w.last_unlock_time)
      from ${totalTable(totalsOf(writes))}
      where s.player_id = w.player_id and s.title_id = w.title_id
        and ${this.#ofPlayers('s.player_id', writes)}`.execute(this.#db)
  }

  /** In the order of each write's changes. */
  async #insertEvents(writes: readonly Write[]): Promise<void> {
    const earlier = writes.flatMap(({ changes }) => changes.slice(0, -1))
    const changes = [...earlier, ...writes.flatMap(({ changes }) => changes.slice(-1))]
    if (changes.length === 0) return
    await fixed`insert into events (${CHANGE_EVENT_COLUMNS})
      select ${CHANGE_EVENT_VALUES} from ${table('r', changeRows(changes))}`.execute(this.#db)
  }

  async #insertResponses(writes: readonly Write[]): Promise<void> {
    const responses = writes.flatMap((write) => write.responses)
    if (responses.length === 0) return
    await fixed`insert into player_requests (${RESPONSE_COLUMNS}, create_time)
      select ${RESPONSE_VALUES}, ${this.#time}::bigint from ${table('r', responseRows(responses))}`.execute(
      this.#db,
    )
  }
}

interface KeyRow {
  readonly player_id: string
  readonly title_id: string
  readonly achievement_id: string
}

interface Totals extends PlayerTitleKey {
  readonly unlocks: number
  readonly score: bigint
  readonly lastUnlockTime: Instant | undefined
}

/** Returns the sums for each player's title. */
function totalsOf(writes: readonly ProgressWrite[]): readonly Totals[] {
  return [...Map.groupBy(writes, ({ key }) => titleKey(key)).values()].map((ofTitle) => {
    const { playerId, titleId } = (ofTitle[0] as ProgressWrite).key
    const times = ofTitle.flatMap(({ totals }) => totals.lastUnlockTime ?? [])
    return {
      ...{ playerId, titleId },
      unlocks: ofTitle.reduce((sum, { totals }) => sum + totals.unlockedCount, 0),
      score: ofTitle.reduce((sum, { totals }) => sum + totals.score, 0n),
      lastUnlockTime: times.toSorted((left, right) => (left < right ? -1 : 1)).at(-1),
    }
  })
}

function totalTable(totals: readonly Totals[]) {
  return table('w', {
    player_id: ['text', totals.map(({ playerId }) => playerId)],
    title_id: ['text', totals.map(({ titleId }) => titleId)],
    unlocks: ['integer', totals.map(({ unlocks }) => unlocks)],
    added_score: ['bigint', totals.map(({ score }) => score)],
    last_unlock_time: ['bigint', totals.map(({ lastUnlockTime }) => lastUnlockTime)],
  })
}

function keyTable(writes: readonly ProgressWrite[]) {
  return table('k', {
    player_id: ['text', writes.map(({ key }) => key.playerId)],
    title_id: ['text', writes.map(({ key }) => key.titleId)],
    achievement_id: ['text', writes.map(({ key }) => key.achievementId)],
    before: ['bigint', writes.map(({ before }) => before)],
  })
}

function lastOf({ changes }: ProgressWrite): ProgressChange {
  return changes.at(-1) as ProgressChange
}

/** Returns the version of an existing row. */
function nextVersion({ before = 0n, changes }: ProgressWrite): bigint {
  return changes.length === 0 ? before : before + 1n
}

function titleKey({ playerId, titleId }: PlayerTitleKey): string {
  return JSON.stringify([playerId, titleId])
}

function titleKeyOfRow(row: KeyRow): string {
  return JSON.stringify([row.player_id, row.title_id])
}

function progressKey({ playerId, titleId, achievementId }: ProgressKey): string {
  return JSON.stringify([playerId, titleId, achievementId])
}

function progressKeyOfRow(row: KeyRow): string {
  return JSON.stringify([row.player_id, row.title_id, row.achievement_id])
}

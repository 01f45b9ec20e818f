import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { getAchievement } from '../../../src/service/achievements/achievements.ts'
import { linkAccount } from '../../../src/service/players/accounts.ts'
import { findPlayer } from '../../../src/service/players/players.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { getTitle } from '../../../src/service/titles/titles.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import {
  ACCOUNTED,
  adapterOf,
  CODED,
  COMBINED,
  codeOf,
  dialectIdOf,
  type EntryParts,
  entryOf,
  UNCODED,
  UNLOCK_TIME,
} from '../../support/documents.ts'
import { definitionsOf, exportText, importText, kindsOf, textOf } from '../../support/exchange.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
beforeEach(async () => {
  services = await createTestServices()
})
afterEach(() => services[Symbol.asyncDispose]())

const TITLE = 'harbor'
const stored = (achievementId: string) => getAchievement(services, { titleId: TITLE, achievementId }, call)

const coded = (achievement: Partial<Achievement>) => entryOf(CODED, { achievement })

describe('a document', () => {
  test('with another code for a known achievement reports that the code is not changed', async () => {
    await importText(services, CODED, textOf(entryOf(CODED)), { titleId: TITLE })
    const result = await importText(services, CODED, textOf(coded({ id: 'renamed' })), {
      titleId: TITLE,
    })
    expect(result.outcomes).toMatchObject([{ kind: 'unchanged', achievementId: 'goal-1' }])
    expect(result.losses).toMatchObject([{ kind: 'coerced', path: '$[0]', from: 'renamed', to: 'goal-1' }])
  })

  test('that maps two ids to one achievement has the second rejected', async () => {
    await importText(services, CODED, textOf(entryOf(CODED)), { titleId: TITLE })
    const mapping = Object.fromEntries([1, 2].map((number) => [dialectIdOf(UNCODED, number), 'goal-1']))
    const both = textOf(...[1, 2].map((number) => entryOf(UNCODED, { number })))
    const result = await importText(services, UNCODED, both, { titleId: TITLE, mapping })
    expect(result.outcomes.map(({ kind, error }) => error?.reason ?? kind)).toEqual([
      'replaced',
      'DIALECT_ID_TAKEN',
    ])
  })

  test('may name the player after its list', async () => {
    const dialect = adapterOf(({ envelope }) => envelope.context.length > 0).id
    await importText(services, dialect, textOf(entryOf(dialect)), { titleId: TITLE })
    const members = Object.entries(entryOf(dialect, { progress: { percent: 100 } }))
    const [lists, others] = [true, false].map((is) =>
      members.filter(([, value]) => Array.isArray(value) === is),
    )
    expect([lists, others].map((some) => some?.length)).toEqual([1, expect.toSatisfy((count) => count > 0)])
    const update = Object.fromEntries([lists, others].flatMap((some) => some ?? []))
    const result = await importText(services, dialect, JSON.stringify(update), { titleId: TITLE })
    expect(result.summary).toMatchObject({ newlyUnlockedCount: 1, failedCount: 0 })
  })

  test.each(adapters)(
    'of $id with an achievement twice reports the second, which counts',
    async ({ id: dialect }) => {
      const twice = textOf(entryOf(dialect), entryOf(dialect, { achievement: { hidden: true } }))
      const result = await importText(services, dialect, twice, { titleId: TITLE })
      const repeated = result.losses.filter(({ kind }) => kind === 'merged')
      expect(repeated).toMatchObject([{ path: '$[1]', achievementId: expect.any(String) }])
      expect(repeated[0]?.detail).toContain('$[0]')
      expect(await definitionsOf(services, TITLE)).toMatchObject([{ hidden: true }])
      const rejected = importText(services, dialect, twice, { titleId: TITLE, lossPolicy: 'reject' })
      await expect(rejected).rejects.toMatchObject({ reason: 'LOSSES_REJECTED' })
    },
  )

  test('with a member twice in an object fails that entry, with the path', async () => {
    const entry = entryOf(CODED)
    const [[name, value] = []] = Object.entries(entry)
    const twice = `[{"${name}":${JSON.stringify(value)},${JSON.stringify(entry).slice(1)}]`
    const result = await importText(services, CODED, twice, { titleId: TITLE })
    const error = { reason: 'DOCUMENT_REFUSED', message: expect.stringContaining(`$[0].${name}`) }
    expect(result.outcomes).toMatchObject([{ path: '$[0]', kind: 'failed', error }])
  })

  test('with an invalid entry fails only that entry, and names it', async () => {
    const other = entryOf(CODED, { number: 2 })
    const [flag = ''] = Object.entries(other).find(([, value]) => typeof value === 'boolean') ?? []
    const bad = { ...other, [flag]: 'neither' }
    const result = await importText(services, CODED, textOf(entryOf(CODED), bad, { nonsense: 1 }), {
      titleId: TITLE,
    })
    expect(result.summary).toMatchObject({
      titleId: TITLE,
      titleCreated: true,
      entryCount: 3,
      newCount: 1,
      failedCount: 2,
    })
    const failed = result.outcomes.filter(({ kind }) => kind === 'failed')
    expect(failed.map(({ path }) => path)).toEqual(['$[1]', '$[2]'])
    expect(failed[0]?.error?.message).toContain(`$[1].${flag}`)
  })

  test('that is malformed at its end changes nothing, and creates no title', async () => {
    const entries = Array.from({ length: 1200 }, (_, index) => entryOf(CODED, { number: index + 1 }))
    const cut = JSON.stringify(entries, undefined, 1).slice(0, -30)
    const rejected = importText(services, CODED, cut, { titleId: TITLE })
    await expect(rejected).rejects.toMatchObject({
      reason: 'DOCUMENT_MALFORMED',
      message: expect.stringMatching(/line \d+, column \d+/),
    })
    await expect(getTitle(services, { titleId: TITLE }, call)).rejects.toMatchObject({
      reason: 'TITLE_NOT_FOUND',
    })
  })

  test('in a dry run changes nothing, and reports the same results', async () => {
    const dry = await importText(services, CODED, textOf(entryOf(CODED)), { titleId: TITLE, dryRun: true })
    expect(dry.summary).toMatchObject({ newCount: 1, titleCreated: true })
    const client = new pg.Client({ connectionString: services.databaseUrl })
    await client.connect()
    for (const table of [
      'titles',
      'achievements',
      'achievement_ids',
      'stats',
      'title_bindings',
      'players',
      'events',
    ]) {
      expect((await client.query(`select count(*)::int as count from ${table}`)).rows).toEqual([{ count: 0 }])
    }
    await client.end()
  })

  test('imported with leave_out changes no existing record', async () => {
    await importText(services, CODED, textOf(entryOf(CODED)), { titleId: TITLE })
    const changed = coded({ hidden: true })
    const other = entryOf(CODED, { number: 2 })
    const result = await importText(services, CODED, textOf(changed, other), {
      titleId: TITLE,
      strategy: 'leave_out',
    })
    expect(kindsOf(result)).toEqual(['ignored', 'new'])
    expect((await stored('goal-1')).hidden).toBe(false)
  })

  test('with two entries of one achievement applies both in order', async () => {
    const result = await importText(services, CODED, textOf(entryOf(CODED), coded({ hidden: true })), {
      titleId: TITLE,
    })
    expect(kindsOf(result)).toEqual(['new', 'replaced'])
    expect((await stored('goal-1')).hidden).toBe(true)
  })

  test('of another title is rejected as a whole, unless rebinding is allowed', async () => {
    await importText(services, UNCODED, textOf(entryOf(UNCODED)), { titleId: 'other' })
    const rejected = importText(services, UNCODED, textOf(entryOf(UNCODED)), { titleId: TITLE })
    await expect(rejected).rejects.toMatchObject({
      reason: 'BOUND_TO_ANOTHER_TITLE',
      metadata: { boundTitleId: 'other' },
    })
    const found = await importText(services, UNCODED, textOf(entryOf(UNCODED)))
    expect(found.summary).toMatchObject({ titleId: 'other', unchangedCount: 1 })
    const accepted = await importText(services, UNCODED, textOf(entryOf(UNCODED)), {
      titleId: TITLE,
      allowRebinding: true,
    })
    expect(accepted.summary).toMatchObject({ titleId: TITLE, newCount: 1 })
    expect((await getTitle(services, { titleId: 'other' }, call)).bindings).toHaveProperty(UNCODED)
  })

  test('that names no title needs a title in the request', async () => {
    const names = Object.values(fixturesOf(UNCODED).binding(1))
    const members = Object.entries(entryOf(UNCODED)).filter(([, value]) => !names.includes(String(value)))
    const nameless = Object.fromEntries(members)
    await expect(importText(services, UNCODED, textOf(nameless))).rejects.toMatchObject({
      reason: 'TITLE_UNNAMED',
    })
    expect((await importText(services, UNCODED, textOf(nameless), { titleId: TITLE })).summary.newCount).toBe(
      1,
    )
  })

  test('with losses is rejected by the reject policy', async () => {
    const document = textOf(entryOf(COMBINED, { achievement: {}, progress: { percent: 100 } }))
    const rejected = importText(services, COMBINED, document, { titleId: TITLE, lossPolicy: 'reject' })
    await expect(rejected).rejects.toMatchObject({ code: 'failed_precondition', reason: 'LOSSES_REJECTED' })
    const accepted = await importText(services, COMBINED, document, {
      titleId: TITLE,
      lossPolicy: 'reject',
      playerId: 'ann',
    })
    expect(accepted.summary).toMatchObject({ newCount: 1, newlyUnlockedCount: 1, lossCount: 0 })
  })
})

describe('progress', () => {
  const dialect = ACCOUNTED
  const account = { dialect, id: fixturesOf(dialect).account(1) }
  const achievementId = codeOf(dialect, 1)
  const progress = (playerId: string) =>
    getProgress(services, { titleId: TITLE, playerId, achievementId }, call)
  const row = (percent: number, parts: EntryParts = {}) =>
    entryOf(dialect, { ...parts, progress: { percent, ...parts.progress } })

  beforeEach(() => importText(services, dialect, textOf(entryOf(dialect)), { titleId: TITLE }))

  test('finds or creates the player of an account', async () => {
    const result = await importText(services, dialect, textOf(row(40), row(7, { number: 2 })), {
      titleId: TITLE,
    })
    expect(result.outcomes.map(({ kind, error }) => [kind, error?.reason])).toEqual([
      ['replaced', undefined],
      ['failed', 'ACHIEVEMENT_NOT_FOUND'],
    ])
    const player = await findPlayer(services, { dialect, accountId: account.id }, call)
    expect(await progress(player.id)).toMatchObject({ progress: { percent: 40, state: 'in_progress' } })
  })

  test('never lowers stored progress, and the first unlock time stays', async () => {
    await importText(services, dialect, textOf(row(100)), { titleId: TITLE, playerId: 'ann' })
    const later = row(100, { progress: { unlockTime: UNLOCK_TIME + 10n ** 15n } })
    const again = await importText(services, dialect, textOf(later, row(3)), {
      titleId: TITLE,
      playerId: 'ann',
    })
    expect(again.summary).toMatchObject({ newlyUnlockedCount: 0 })
    const { progress: current } = await progress('ann')
    expect(current).toMatchObject({
      state: 'achieved',
      unlockTime: UNLOCK_TIME,
      unlockPrecision: 'imported',
    })
  })

  test('of an account of another player is rejected', async () => {
    await importText(services, dialect, textOf(row(10)), { titleId: TITLE, playerId: 'ann' })
    await expect(
      linkAccount(services, { playerId: 'bob', account, requestId: undefined }, call),
    ).rejects.toMatchObject({
      reason: 'PLAYER_NOT_FOUND',
    })
    const result = await importText(services, dialect, textOf(row(20)), { titleId: TITLE, playerId: 'bob' })
    expect(result.outcomes).toMatchObject([{ kind: 'failed', error: { reason: 'ACCOUNT_LINKED_ELSEWHERE' } }])
    expect((await progress('ann')).progress.percent).toBe(10)
  })

  test('recorded in Laurel is exported in every dialect, with stable ids', async () => {
    const key = { titleId: TITLE, playerId: 'ann', achievementId }
    const report = { kind: 'percent', percent: 29 } as const
    await recordProgress(services, { ...key, report, occurredTime: undefined, requestId: undefined }, call)
    let exact = 0
    for (const to of services.dialects.keys()) {
      const { text, losses } = await exportText(services, to, TITLE, { playerId: 'ann' })
      const isLost = (field: string) => losses.some(({ path }) => path.endsWith(`.progress.${field}`))
      expect((await exportText(services, to, TITLE, { playerId: 'ann' })).text).toBe(text)
      const reader = { titleId: TITLE, playerId: `reader-of-${to}` }
      expect((await importText(services, to, text, reader)).summary).toMatchObject({ failedCount: 0 })
      const { progress: current } = await progress(reader.playerId)
      expect([to, current.state, current.percent]).toEqual([
        to,
        isLost('state') ? 'not_started' : 'in_progress',
        isLost('percent') ? 0 : 29,
      ])
      if (!isLost('percent')) exact += 1
    }
    expect(exact).toBeGreaterThan(1)
    const [{ ids } = { ids: {} }] = await definitionsOf(services, TITLE)
    expect(Object.keys(ids).sort()).toEqual([...services.dialects.keys()])
  })
})

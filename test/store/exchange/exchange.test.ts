import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { getAchievement } from '../../../src/service/achievements/achievements.ts'
import { linkAccount } from '../../../src/service/players/accounts.ts'
import { findPlayer } from '../../../src/service/players/players.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { getTitle } from '../../../src/service/titles/titles.ts'
import { accelbyte, discord, xbox } from '../../support/documents.ts'
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

describe('a document', () => {
  test('with another code for a known achievement reports that the code is not changed', async () => {
    await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE })
    const result = await importText(
      services,
      'accelbyte',
      textOf(accelbyte({ AchievementCode: 'renamed' })),
      {
        titleId: TITLE,
      },
    )
    expect(result.outcomes).toMatchObject([{ kind: 'unchanged', achievementId: 'first-light' }])
    expect(result.losses).toMatchObject([
      { kind: 'coerced', path: '$[0]', from: 'renamed', to: 'first-light' },
    ])
  })

  test('that maps two ids to one achievement has the second rejected', async () => {
    await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE })
    const mapping = { '612233445566778899': 'first-light', '612233445566778900': 'first-light' }
    const both = textOf(discord(), discord({ id: '612233445566778900' }))
    const result = await importText(services, 'discord', both, { titleId: TITLE, mapping })
    expect(result.outcomes.map(({ kind, error }) => error?.reason ?? kind)).toEqual([
      'replaced',
      'DIALECT_ID_TAKEN',
    ])
  })

  test('may name the player after its list', async () => {
    const known = xbox()
    await importText(services, 'xbox', JSON.stringify({ achievements: [known] }), { titleId: TITLE })
    const update = {
      achievements: [{ id: '7', percentComplete: 100 }],
      serviceConfigId: known.serviceConfigId,
      userId: '2814616665093727',
    }
    const result = await importText(services, 'xbox', JSON.stringify(update), { titleId: TITLE })
    expect(result.summary).toMatchObject({ newlyUnlockedCount: 1, failedCount: 0 })
  })

  test('with an invalid entry fails only that entry, and names it', async () => {
    const bad = accelbyte({ AchievementCode: 'bad', ID: '1', Tags: ['1', '2', '3', '4', '5', '6'] })
    const result = await importText(services, 'accelbyte', textOf(accelbyte(), bad, { nonsense: 1 }), {
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
    expect(failed[0]?.error?.message).toMatch(/\$\[1\]\.Tags.*5/)
  })

  test('that is malformed at its end changes nothing, and creates no title', async () => {
    const entries = Array.from({ length: 1200 }, (_, index) =>
      accelbyte({ AchievementCode: `a-${index}`, ID: `${index}` }),
    )
    const cut = JSON.stringify(entries, undefined, 1).slice(0, -30)
    const rejected = importText(services, 'accelbyte', cut, { titleId: TITLE })
    await expect(rejected).rejects.toMatchObject({
      reason: 'DOCUMENT_MALFORMED',
      message: expect.stringMatching(/line \d+, column \d+/),
    })
    await expect(getTitle(services, { titleId: TITLE }, call)).rejects.toMatchObject({
      reason: 'TITLE_NOT_FOUND',
    })
  })

  test('in a dry run changes nothing, and reports the same results', async () => {
    const dry = await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE, dryRun: true })
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
    await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE })
    const changed = accelbyte({ Hidden: true })
    const other = accelbyte({ AchievementCode: 'other', ID: '2', ListOrder: 2 })
    const result = await importText(services, 'accelbyte', textOf(changed, other), {
      titleId: TITLE,
      strategy: 'leave_out',
    })
    expect(kindsOf(result)).toEqual(['ignored', 'new'])
    expect((await stored('first-light')).hidden).toBe(false)
  })

  test('with two entries of one achievement applies both in order', async () => {
    const result = await importText(services, 'accelbyte', textOf(accelbyte(), accelbyte({ Hidden: true })), {
      titleId: TITLE,
    })
    expect(kindsOf(result)).toEqual(['new', 'replaced'])
    expect((await stored('first-light')).hidden).toBe(true)
  })

  test('of another title is rejected as a whole, unless rebinding is allowed', async () => {
    await importText(services, 'discord', textOf(discord()), { titleId: 'other' })
    const rejected = importText(services, 'discord', textOf(discord()), { titleId: TITLE })
    await expect(rejected).rejects.toMatchObject({
      reason: 'BOUND_TO_ANOTHER_TITLE',
      metadata: { boundTitleId: 'other' },
    })
    const found = await importText(services, 'discord', textOf(discord()))
    expect(found.summary).toMatchObject({ titleId: 'other', unchangedCount: 1 })
    const accepted = await importText(services, 'discord', textOf(discord()), {
      titleId: TITLE,
      allowRebinding: true,
    })
    expect(accepted.summary).toMatchObject({ titleId: TITLE, newCount: 1 })
    expect((await getTitle(services, { titleId: 'other' }, call)).bindings).toHaveProperty('discord')
  })

  test('that names no title needs a title in the request', async () => {
    const { application_id: _, ...nameless } = discord()
    await expect(importText(services, 'discord', textOf(nameless))).rejects.toMatchObject({
      reason: 'TITLE_UNNAMED',
    })
    expect(
      (await importText(services, 'discord', textOf(nameless), { titleId: TITLE })).summary.newCount,
    ).toBe(1)
  })

  test('with losses is rejected by the reject policy', async () => {
    const document = JSON.stringify({ achievements: [xbox()] })
    const rejected = importText(services, 'xbox', document, { titleId: TITLE, lossPolicy: 'reject' })
    await expect(rejected).rejects.toMatchObject({ code: 'failed_precondition', reason: 'LOSSES_REJECTED' })
    const accepted = await importText(services, 'xbox', document, {
      titleId: TITLE,
      lossPolicy: 'reject',
      playerId: 'ann',
    })
    expect(accepted.summary).toMatchObject({ newCount: 1, newlyUnlockedCount: 1, lossCount: 0 })
  })
})

describe('progress', () => {
  const progress = (playerId: string, achievementId = '612233445566778899') =>
    getProgress(services, { titleId: TITLE, playerId, achievementId }, call)
  const row = (percent: number, parts: object = {}) => ({
    user_id: '80351110224678912',
    achievement_id: '612233445566778899',
    percent_complete: percent,
    unlocked_at: percent === 100 ? '2019-11-19T18:03:11.471000+00:00' : null,
    ...parts,
  })

  beforeEach(() => importText(services, 'discord', textOf(discord()), { titleId: TITLE }))

  test('finds or creates the player of an account', async () => {
    const result = await importText(services, 'discord', textOf(row(40), row(7, { achievement_id: '1' })), {
      titleId: TITLE,
    })
    expect(result.outcomes.map(({ kind, error }) => [kind, error?.reason])).toEqual([
      ['replaced', undefined],
      ['failed', 'ACHIEVEMENT_NOT_FOUND'],
    ])
    const player = await findPlayer(services, { dialect: 'discord', accountId: '80351110224678912' }, call)
    expect(await progress(player.id)).toMatchObject({ progress: { percent: 40, state: 'in_progress' } })
  })

  test('never lowers stored progress, and the first unlock time stays', async () => {
    await importText(services, 'discord', textOf(row(100)), { titleId: TITLE, playerId: 'ann' })
    const later = row(100, { unlocked_at: '2022-01-01T00:00:00.000000+00:00' })
    const again = await importText(services, 'discord', textOf(later, row(3)), {
      titleId: TITLE,
      playerId: 'ann',
    })
    expect(again.summary).toMatchObject({ newlyUnlockedCount: 0 })
    const { progress: current } = await progress('ann')
    expect(current).toMatchObject({
      state: 'achieved',
      unlockTime: 15_741_865_914_710_000n,
      unlockPrecision: 'imported',
    })
  })

  test('of an account of another player is rejected', async () => {
    await importText(services, 'discord', textOf(row(10)), { titleId: TITLE, playerId: 'ann' })
    const account = { dialect: 'discord', id: '80351110224678912' }
    await expect(
      linkAccount(services, { playerId: 'bob', account, requestId: undefined }, call),
    ).rejects.toMatchObject({
      reason: 'PLAYER_NOT_FOUND',
    })
    const result = await importText(services, 'discord', textOf(row(20)), { titleId: TITLE, playerId: 'bob' })
    expect(result.outcomes).toMatchObject([{ kind: 'failed', error: { reason: 'ACCOUNT_LINKED_ELSEWHERE' } }])
    expect((await progress('ann')).progress.percent).toBe(10)
  })

  test('recorded in Laurel is exported in every dialect, with stable ids', async () => {
    const key = { titleId: TITLE, playerId: 'ann', achievementId: '612233445566778899' }
    const report = { kind: 'percent', percent: 29 } as const
    await recordProgress(services, { ...key, report, occurredTime: undefined, requestId: undefined }, call)
    const [first, second] = [
      await exportText(services, 'xbox', TITLE, { playerId: 'ann' }),
      await exportText(services, 'xbox', TITLE, { playerId: 'ann' }),
    ]
    expect(second.text).toBe(first.text)
    const { achievements } = JSON.parse(first.text)
    expect(achievements).toMatchObject([
      {
        id: '1',
        progressState: 'InProgress',
        progression: { requirements: [{ current: '29', target: '100' }] },
      },
    ])
    expect(
      JSON.parse((await exportText(services, 'discord', TITLE, { playerId: 'ann' })).text),
    ).toMatchObject([{ achievement_id: '612233445566778899', percent_complete: 29 }])
    const rows = JSON.parse((await exportText(services, 'accelbyte', TITLE, { playerId: 'ann' })).text)
    expect(rows).toMatchObject({ data: [{ achievementCode: '612233445566778899', status: 1 }] })
    expect((await definitionsOf(services, TITLE))[0]?.ids).toMatchObject({
      xbox: '1',
      accelbyte: expect.stringMatching(/^[0-9a-f]{24}$/),
    })
  })
})

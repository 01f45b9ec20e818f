import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { DecodeError } from '../../../src/dialect/decode-error.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { sameJson } from '../../../src/model/json.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import type { Dialect } from '../../../src/service/exchange/dialects.ts'
import type { ExportPart } from '../../../src/service/exchange/document-parts.ts'
import { exportAchievements } from '../../../src/service/exchange/export-achievements.ts'
import { exportProgress } from '../../../src/service/exchange/export-progress.ts'
import {
  type DialectPreview,
  type EntryPreview,
  type PreviewOptions,
  previewAchievement,
} from '../../../src/service/exchange/preview-achievement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const TITLE = 'previewed'
const MASKED = 'masked'
const PLAYER = 'p1'
const stored = achievementOf({
  id: 'climb',
  name: { locale: 'en', text: 'Climber', translations: { de: 'Kletterer' } },
  requirements: [requirementOf({ target: 40n })],
  rewards: gamerscore(10),
  tags: ['steep'],
})

const ALL = { playerId: undefined, dialects: [], locale: undefined } as const

let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
  for (const id of [TITLE, MASKED]) {
    const title = { id, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
    const masking = { maskHiddenInGateways: id === MASKED }
    await createTitle(services, { title: { ...title, ...masking }, requestId: undefined }, callOf())
    await create(id, { ...stored, hidden: true })
  }
  const report = { kind: 'reach', requirementId: undefined, quantity: 10n } as const
  const key = { titleId: TITLE, playerId: PLAYER, achievementId: stored.id }
  await recordProgress(services, { ...key, report, occurredTime: undefined, requestId: undefined }, callOf())
})
afterAll(() => services[Symbol.asyncDispose]())

function create(titleId: string, achievement: Achievement) {
  return createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())
}

function preview(options: Partial<PreviewOptions> = {}): Promise<readonly DialectPreview[]> {
  const none = { playerId: undefined, dialects: [], locale: undefined }
  return previewAchievement(
    services,
    { titleId: TITLE, achievement: stored.id, ...none, ...options },
    callOf(),
  )
}

function written(preview: EntryPreview | undefined) {
  if (preview === undefined || 'error' in preview) throw new Error(preview?.error.message ?? 'not previewed')
  return preview
}

async function firstEntryOf(parts: AsyncIterable<ExportPart>): Promise<unknown> {
  let text = ''
  for await (const { content } of parts) text += new TextDecoder().decode(content)
  const document = JSON.parse(text)
  const list = Array.isArray(document) ? document : Object.values(document).find(Array.isArray)
  return list === undefined ? document : list[0]
}

test('shows the achievement in every dialect, in order of dialect', async () => {
  const dialects = (await preview()).map(({ dialect }) => dialect)
  expect(dialects).toEqual(adapters.map(({ id }) => id).sort())
})

describe.each(adapters)('in $id', ({ id: dialect }) => {
  const document = {
    dialect,
    titleId: TITLE,
    shape: undefined,
    locale: undefined,
    lossPolicy: 'report',
  } as const

  test('the definition and the entry of a player are those of an export', async () => {
    const definitions = exportAchievements(services, { ...document, achievementIds: [] }, callOf())
    const exported = await firstEntryOf(definitions)
    const [shown] = await preview({ dialects: [dialect], playerId: PLAYER })
    expect(written(shown?.definition).json).toEqual(exported)
    const progress = exportProgress(services, { ...document, playerId: PLAYER }, callOf())
    expect(written(shown?.player).json).toEqual(await firstEntryOf(progress))
  })

  test('a locked entry differs from an unlocked one', async () => {
    const [shown] = await preview({ dialects: [dialect] })
    expect(written(shown?.locked).json).not.toEqual(written(shown?.unlocked).json)
    expect(shown?.player).toBeUndefined()
  })

  test('a definition that is not stored is shown, and stays unstored', async () => {
    const draft = { ...stored, id: 'draft', name: { ...stored.name, text: 'Unsaved', locale: '' } }
    const [shown] = await preview({ dialects: [dialect], achievement: draft, playerId: PLAYER })
    expect(JSON.stringify(written(shown?.definition).json)).toContain('Unsaved')
    await expect(preview({ achievement: 'draft' })).rejects.toMatchObject({ reason: 'ACHIEVEMENT_NOT_FOUND' })
    const [again] = await preview({ dialects: [dialect] })
    expect(await preview({ dialects: [dialect] })).toMatchObject([{ definition: again?.definition }])
  })

  test('a hidden achievement is redacted while locked, in a title that masks them', async () => {
    const [shown] = await preview({ titleId: MASKED, dialects: [dialect] })
    expect(JSON.stringify(written(shown?.locked).json)).not.toContain('Climber')
    expect(JSON.stringify(written(shown?.definition).json)).toContain('Climber')
  })

  test('the losses are those of one entry, by their paths in the record', async () => {
    const [shown] = await preview({ dialects: [dialect] })
    for (const entry of [shown?.definition, shown?.locked, shown?.unlocked]) {
      for (const { path } of written(entry).losses) expect(path).toMatch(/^\$\.(title|achievement|progress)/)
    }
    const made = written(shown?.definition).losses.filter(({ path }) => /createTime|listOrder|ids/.test(path))
    expect(made).toEqual([])
  })
})

test("shows a player's progress by the goal of an unsaved change", async () => {
  const easier = { ...stored, requirements: [requirementOf({ target: 20n })] }
  const before = await preview({ playerId: PLAYER })
  const after = await preview({ playerId: PLAYER, achievement: easier })
  const jsonOf = (shown: readonly DialectPreview[]) => shown.map(({ player }) => written(player).json)
  const changed = jsonOf(after).filter((json, index) => !sameJson(json, jsonOf(before)[index] ?? {}))
  expect(changed.length).toBeGreaterThan(1)
})

test('shows the findings of rules about one achievement', async () => {
  const long = { ...stored, name: { ...stored.name, text: 'x'.repeat(2000) } }
  const [short, lengthy] = [await preview({ achievement: stored }), await preview({ achievement: long })]
  const count = (shown: readonly DialectPreview[]) => shown.flatMap(({ findings }) => findings).length
  expect(count(lengthy)).toBeGreaterThan(count(short))
})

test('a dialect that cannot hold a value has the reason, and the others are shown', async () => {
  const [first, ...others] = services.dialects.values()
  const encode = () => {
    throw new DecodeError(['name'], 'expected a shorter name')
  }
  const dialects = new Map(
    [{ ...first, encode } as Dialect, ...others].map((dialect) => [dialect.id, dialect]),
  )
  const options = { titleId: TITLE, achievement: stored.id, ...ALL }
  const shown = await previewAchievement({ ...services, dialects }, options, callOf())
  const refused = shown.flatMap(({ dialect, definition }) =>
    'error' in definition ? [dialect, definition] : [],
  )
  expect(refused).toMatchObject([first?.id, { error: { reason: 'DOCUMENT_REFUSED' } }])
  expect(shown).toHaveLength(adapters.length)
})

test.each([
  ['title', { titleId: 'none' }, 'TITLE_NOT_FOUND'],
  ['achievement', { achievement: 'none' }, 'ACHIEVEMENT_NOT_FOUND'],
  ['dialect', { dialects: ['none'] }, 'DIALECT_NOT_FOUND'],
] as const)('refuses a %s that does not exist', async (_, options, reason) => {
  await expect(preview(options)).rejects.toMatchObject({ reason })
})

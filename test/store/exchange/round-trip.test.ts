import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Canonical, Shape } from '../../../src/dialect/adapter.ts'
import { parseJson } from '../../../src/dialect/json-text.ts'
import { shapeFor } from '../../../src/dialect/shapes.ts'
import { formatJson } from '../../../src/model/exact-json.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { pack } from '../../../src/model/packed.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createTitle, listTitles } from '../../../src/service/titles/titles.ts'
import { casesOf, decodeSample, folders, samplesIn } from '../../conformance/subjects.ts'
import { exportText, importText } from '../../support/exchange.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const call = callOf()
/** `UPDATE=1` writes the exported document if it differs from the imported one: review the change before committing it. */
const isUpdating = process.env['UPDATE'] === '1'

describe.each(folders)('$adapter.id, through Postgres', (subject) => {
  const { adapter } = subject

  describe.each(casesOf(subject))('$name', ({ document, file }) => {
    let services: TestServices
    beforeAll(async () => {
      services = await createTestServices({ now: () => 20_000_000_000_000_000n, entropy: () => 7n })
    })
    afterAll(() => services[Symbol.asyncDispose]())

    test('is exported as it was imported, and importing it again changes nothing', async () => {
      const samples = samplesIn(adapter, document)
      const records = samples.map((sample) => decodeSample(adapter, sample).result)
      // Entries are imported into the titles that they name; the request names a title only if they name none.
      const named = records.every(({ title }) => title.binding !== undefined)
      // Likewise, the request names a player only if the progress has no account.
      const owned = records.some(({ progress, summary }) => (progress ?? summary)?.account !== undefined)
      const options = {
        locale: 'en-US',
        ...(owned ? {} : { playerId: 'player-1' }),
        ...(named ? {} : { titleId: 'title-1' }),
      }
      await prepare(services, records)
      const text = formatJson(document)
      const first = await importText(services, adapter.id, text, options)
      expect(first.outcomes.filter(({ kind }) => kind === 'failed')).toEqual([])
      const out = await entriesOut(services, records)
      const recorded = [file('stored'), file('normalised')].find((path) => existsSync(path))
      const expected = recorded === undefined ? document : parseJson(readFileSync(recorded, 'utf8'))
      const expectedEntries = samplesIn(adapter, expected).map(({ entry }) => entry)
      if (isUpdating && pack(sorted(out)) !== pack(sorted(expectedEntries))) {
        writeFileSync(file('stored'), `${formatJson(out, 2)}\n`)
      } else expect(sorted(out)).toEqual(sorted(expectedEntries))
      const again = await importText(services, adapter.id, text, options)
      expect(again.summary).toMatchObject({
        newCount: 0,
        replacedCount: 0,
        failedCount: 0,
        progressChangedCount: 0,
      })
    })
  })

  /** Creates the achievements of progress that comes without definitions. */
  async function prepare(services: TestServices, records: readonly Canonical[]): Promise<void> {
    const orphans = records.filter(
      ({ achievement, progress }) => progress !== undefined && achievement === undefined,
    )
    if (orphans.length === 0) return
    const binding = orphans[0]?.title.binding
    const title = { id: 'title-1', displayName: 'T', defaultLocale: 'en-US', extensions: {} }
    const bindings = binding === undefined ? {} : { [adapter.id]: binding }
    await createTitle(services, { title: { ...title, bindings }, requestId: undefined }, call)
    for (const id of new Set(orphans.map(({ progress }) => progress?.achievementId ?? ''))) {
      const ids = adapter.hasCodes ? {} : { [adapter.id]: id }
      const achievement = achievementOf({ id, ids })
      await createAchievement(services, { titleId: title.id, achievement, requestId: undefined }, call)
    }
  }

  async function entriesOut(services: TestServices, records: readonly Canonical[]) {
    const { items } = await listTitles(services, { pageSize: 1000, pageToken: undefined }, call)
    const entries = []
    for (const { id } of items) {
      const { text } = await exportText(services, adapter.id, id, exportOptionsOf(records))
      entries.push(...samplesIn(adapter, parseJson(text)).map(({ entry }) => entry))
    }
    return entries
  }

  /** Options to export everything that the entries carried. */
  function exportOptionsOf(records: readonly Canonical[]) {
    const has = (part: 'achievement' | 'progress' | 'summary') =>
      records.some((record) => record[part] !== undefined)
    const definition = has('achievement') ? (['definition'] as const) : []
    const parts = [
      ...definition,
      ...(has('progress') ? (['progress'] as const) : []),
      ...(has('summary') ? (['summary'] as const) : []),
    ]
    if (!has('progress') && !has('summary')) return {}
    const fits = ({ carries }: Shape) => parts.every((part) => carries.includes(part))
    const exact = adapter.shapes.find((shape) => fits(shape) && shape.carries.length === parts.length)
    const usual = shapeFor(adapter, 'progress')
    const isUsual = has('progress') && usual !== undefined && fits(usual) && exact === usual
    return { playerId: 'all', shape: isUsual ? undefined : (exact ?? adapter.shapes.find(fits))?.name }
  }
})

/** The order of entries in a document is not defined. */
function sorted(entries: readonly JsonObject[]): readonly string[] {
  return entries.map(pack).sort()
}

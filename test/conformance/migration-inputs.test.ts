import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../src/dialect/json-text.ts'
import { formatJson, parseExactJson } from '../../src/model/exact-json.ts'
import type { JsonValue } from '../../src/model/json.ts'
import type { MappedRecord, MigrationMapping } from '../../src/model/migration-mapping.ts'
import type { Progress } from '../../src/model/progress.ts'
import { formatQuantity } from '../../src/model/quantity.ts'
import type { Extensions } from '../../src/model/title.ts'
import { formatProgressLine, type ProgressLine } from '../../src/service/lines/progress-line.ts'
import { entryOf } from '../support/documents.ts'
import { MAPPING, readAll, recordsOf } from '../support/migration-inputs.ts'
import { extensions, instants, quantities, texts, tokens } from './arbitrary-values.ts'
import { runs } from './fuzz-factor.ts'
import { casesOf, decodeSample, folders, samplesIn, samplesOf } from './subjects.ts'

const OWN_NAMES: MigrationMapping = { ...MAPPING, player: undefined, achievement: undefined, values: [] }
const LAUREL: MigrationMapping = { ...OWN_NAMES, format: 'laurel' }

const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined })
const percents = fc.integer({ min: 0, max: 100 })
const plain = { noNullPrototype: true } as const
const progress: fc.Arbitrary<Progress> = fc.record(
  {
    state: fc.constantFrom('not_started', 'in_progress', 'achieved'),
    values: fc.dictionary(tokens, fc.oneof(quantities.integer, quantities.double), plain),
    reportedPercent: percents,
    percent: percents,
    unlockTime: optional(instants),
    unlockPrecision: optional(fc.constantFrom('exact', 'reported', 'imported', 'unknown')),
    firstReportTime: optional(instants),
    lastReportTime: optional(instants),
    windowStart: optional(instants),
    revoked: fc.boolean(),
    writer: texts,
    // Integers beyond 2^53 are bigints in stored extensions.
    extensions: extensions('any').map((value) => parseExactJson(formatJson(value)) as Extensions),
  },
  plain,
)
const progressLines: fc.Arbitrary<ProgressLine> = fc.record(
  { titleId: tokens, playerId: tokens, achievementId: tokens, progress },
  plain,
)

describe("a line of Laurel's export", () => {
  test('reads back as the same progress', () =>
    fc.assert(
      fc.asyncProperty(fc.array(progressLines, { minLength: 1 }), async (lines) => {
        const text = lines.map((line) => `${formatProgressLine(line)}\n`).join('')
        const records = (await recordsOf(LAUREL, text)) as readonly MappedRecord[]
        const read = records.map((record) => ({
          titleId: record.titleId,
          playerId: record.player.id,
          achievementId: record.achievement.id,
          progress: record.progress,
        }))
        expect(isDeepStrictEqual(read, lines)).toBe(true)
      }),
      runs(100),
    ))

  test('in the README is as Laurel writes it', async () => {
    const readme = readFileSync(
      new URL('../../src/service/migration-jobs/README.md', import.meta.url),
      'utf8',
    )
    const text = readme.split('\n').find((line) => line.startsWith('{"kind":"progress"')) ?? ''
    const [record] = (await recordsOf(LAUREL, text)) as readonly MappedRecord[]
    const line = {
      titleId: record?.titleId,
      playerId: record?.player.id,
      achievementId: record?.achievement.id,
    }
    expect(formatProgressLine({ ...line, progress: record?.progress } as ProgressLine)).toBe(text)
  })

  test('holds an extension as deep as an entry may be', async () => {
    const deep = JSON.parse(`${'['.repeat(62)}${']'.repeat(62)}`) as JsonValue
    const [line] = fc.sample(progressLines, 1) as [ProgressLine]
    const nested = { ...line, progress: { ...line.progress, extensions: { any: { deep } } } }
    const [record] = (await recordsOf(LAUREL, formatProgressLine(nested))) as readonly MappedRecord[]
    expect(record?.progress).toStrictEqual(nested.progress)
  })

  test('of another kind has no records, and ids are replaced by those of the maps', async () => {
    const [line] = fc.sample(progressLines, 1) as [ProgressLine]
    const mapping: MigrationMapping = {
      ...LAUREL,
      title: { field: '', ids: { [line.titleId]: 'our-title' } },
      player: { field: '', dialect: undefined, usesIdentities: true },
      achievement: { field: '', dialect: undefined, ids: { [line.achievementId]: 'our-achievement' } },
    }
    const text = `{"kind":"achievement","id":"a"}\n${formatProgressLine(line)}`
    expect(await recordsOf(mapping, text)).toEqual([
      expect.objectContaining({
        titleId: 'our-title',
        player: { kind: 'identity', id: line.playerId },
        achievement: { dialect: undefined, id: 'our-achievement' },
      }),
    ])
  })

  test.each([
    ['{}', 'kind: must be a text, such as progress, and is missing'],
    ['{"kind":"progress"}', 'titleId: must be a text of 1 to 128 characters'],
    [
      withProgress({ state: 'done' }),
      'progress.state: must be one of not_started, in_progress, achieved, and is "done"',
    ],
    [withProgress({ percent: 101 }), 'progress.percent: must be an integer from 0 to 100, and is 101'],
    [withProgress({ revoked: undefined }), 'progress.revoked: must be true or false, and is missing'],
    [
      withProgress({ values: { a: '9223372036854775808' } }),
      'progress.values.a: must be a number, or an integer of 64 bits',
    ],
    [withProgress({ unlockTime: 'now' }), 'progress.unlockTime: must be a time in RFC 3339'],
    [withProgress({ extensions: { a: 1 } }), 'progress.extensions.a: must be an object, and is 1'],
  ])('is refused with its member: %s', async (text, refusal) => {
    expect(await recordsOf(LAUREL, text)).toEqual([{ refusal: expect.stringContaining(refusal) }])
  })
})

function withProgress(members: object): string {
  const names = { kind: 'progress', titleId: 't', playerId: 'p', achievementId: 'a' }
  const progress = {
    state: 'achieved',
    values: {},
    reportedPercent: 0,
    percent: 100,
    revoked: false,
    writer: '',
    extensions: {},
  }
  return JSON.stringify({ ...names, progress: { ...progress, ...members } })
}

test('documents of some dialect name their players', () => {
  const samples = folders.flatMap((subject) =>
    samplesOf(subject).map((sample) => decodeSample(subject.adapter, sample)),
  )
  expect(samples.some(({ result }) => result.progress?.account !== undefined)).toBe(true)
})

describe.each(folders.map((subject) => ({ ...subject, id: subject.adapter.id })))(
  'a document of $id',
  (subject) => {
    const { adapter } = subject
    const mapping: MigrationMapping = { ...OWN_NAMES, format: 'dialect_document', dialect: adapter.id }
    const documentOf = (text: string) => ({
      text,
      samples: samplesIn(adapter, parseJson(text)).map((sample) => decodeSample(adapter, sample).result),
    })
    const entry = formatJson(entryOf(adapter.id, { progress: { percent: 100 } }))
    const documents = [
      `[${entry}]`,
      ...casesOf(subject).map(({ name }) => readFileSync(`${subject.folder}testdata/${name}.json`, 'utf8')),
    ].map(documentOf)

    test('has a record for each progress that names its player', async () => {
      let count = 0
      for (const { text, samples } of documents) {
        const found = await readAll(mapping, text, undefined, [1000])
        expect(found.map(({ end }) => end)).toEqual(samples.map((_, index) => index + 1))
        for (const [index, { progress, title }] of samples.entries()) {
          const records = found[index]?.records
          if (progress !== undefined) count += 1
          if (progress === undefined) expect(records).toEqual([])
          else if (progress.account === undefined)
            expect(records).toEqual([{ refusal: expect.stringContaining("the player's account: must be") }])
          else {
            const { account, achievementId, state, percent, unlockTime, revoked } = progress
            expect(records).toEqual([
              {
                titleId: undefined,
                player: { kind: 'account', dialect: adapter.id, id: account },
                achievement: { dialect: adapter.id, id: achievementId },
                binding: title.binding,
                unlocked: state === 'achieved',
                values: Object.fromEntries(
                  Object.entries(progress.values).map(([id, value]) => [id, formatQuantity(value)]),
                ),
                extensions: progress.extensions,
                progress: undefined,
                percent,
                unlockTime,
                revoked,
              },
            ])
          }
        }
      }
      expect(count).toBeGreaterThan(0)
    })

    test('continues after any number of entries', async () => {
      for (const { text } of documents) {
        const all = await readAll(mapping, text)
        for (const position of [1, Math.floor(all.length / 2), all.length]) {
          expect(await readAll(mapping, text, { position, header: '' })).toEqual(all.slice(position))
        }
      }
    })

    test('refuses a malformed entry with its text, and a malformed document as a whole', async () => {
      const found = await readAll(mapping, `[{"bad":1},${entry}`).catch((error: unknown) => error)
      expect(found).toMatchObject({
        reason: 'DOCUMENT_MALFORMED',
        message: expect.stringContaining('line 1'),
      })
      const [refused] = await readAll(mapping, `[{"bad":1},${entry}]`)
      expect(refused).toMatchObject({
        text: '{"bad":1}',
        records: [{ refusal: expect.stringContaining('$[0]') }],
      })
    })
  },
)

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adapter, Canonical, Shape } from '../../src/dialect/adapter.ts'
import { BLANK_ACHIEVEMENT } from '../../src/dialect/kit/blank.ts'
import { decodeEntry, encodeEntry, hasFacts } from '../../src/dialect/translate.ts'
import type { Achievement, StoredAchievement } from '../../src/model/achievement.ts'
import { applyReport } from '../../src/model/apply-report.ts'
import { NOT_STARTED, type Progress } from '../../src/model/progress.ts'
import { EntryLosses } from '../../src/service/exchange/entry-losses.ts'
import { mergeAchievement } from '../../src/service/exchange/merge.ts'
import { type ImportReport, mergeProgress, reportOf } from '../../src/service/exchange/merge-progress.ts'
import { definitionOf, pathsMadeByLaurel, progressFacts } from '../../src/service/exchange/to-canonical.ts'
import { anyRecords } from './arbitraries.ts'
import { instants } from './arbitrary-values.ts'
import { runs } from './fuzz-factor.ts'
import { LANGUAGES, READING, reread } from './properties.ts'
import { decodeSample, identitiesFor, samplesOf, subjects } from './subjects.ts'

/** A title's record of an achievement, and a player's progress on it. */
interface Stored {
  readonly title: Canonical['title']
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

const NOW = 17_500_000_000_000_000n
const CONTEXT = { time: NOW, precision: 'exact', actor: '' } as const

/** A record as an import into an empty title stores it. */
function storedFrom(record: Canonical): Stored {
  const incoming: Achievement = record.achievement ?? {
    ...BLANK_ACHIEVEMENT,
    id: record.progress?.achievementId ?? 'a',
  }
  const { createTime, updateTime } = incoming
  const achievement: StoredAchievement = {
    ...incoming,
    participation: record.progress === undefined ? incoming.participation : 'individual',
    // A draft takes no progress.
    lifecycle: record.progress === undefined ? incoming.lifecycle : 'live',
    titleId: 'title-1',
    etag: 'e',
    listOrder: incoming.listOrder || 1,
    createTime: createTime ?? NOW,
    updateTime: updateTime ?? NOW,
    statedTimes: {
      ...(createTime === undefined ? {} : { createTime }),
      ...(updateTime === undefined ? {} : { updateTime }),
    },
  }
  const progress = record.progress
    ? after(achievement, NOT_STARTED, reportOf(record.progress)).progress
    : NOT_STARTED
  return { title: record.title, achievement, progress }
}

function after(achievement: Achievement, progress: Progress, report: ImportReport) {
  const outcome = applyReport(achievement, progress, report, CONTEXT)
  if (outcome.kind === 'rejected') throw new TypeError(outcome.detail)
  return outcome
}

/** The entry that an export writes, and its losses. */
function exported(
  adapter: Adapter,
  stored: Stored,
  purpose: 'definition' | 'progress',
  shape: Shape,
  account?: string,
) {
  const { title, achievement, progress } = stored
  const record: Canonical = {
    title,
    achievement: definitionOf(achievement),
    progress: purpose === 'progress' ? progressFacts(adapter, achievement, account, progress) : undefined,
    summary: undefined,
  }
  const context = { ...LANGUAGES, shape: shape.name, purpose, account }
  const { result, losses } = encodeEntry(adapter, record, context, identitiesFor(adapter))
  const made = pathsMadeByLaurel(adapter, achievement)
  return { json: reread(result), losses: new EntryLosses(false).next({ record, losses, made }) }
}

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const samples = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)
  const arbitrary = anyRecords(adapter, samples)
  const shapesFor = (part: 'definition' | 'progress') =>
    adapter.shapes.filter(({ carries }) => carries.includes(part))

  describe.each(shapesFor('progress'))('progress in shape $name', (shape) => {
    it('changes nothing when it is exported and imported again', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          fc.pre(record.progress !== undefined)
          const stored = storedFrom(record)
          // A list of rows has no row of progress that says nothing.
          fc.pre(shape.carries.includes('definition') || hasFacts(stored.progress))
          const { json } = exported(adapter, stored, 'progress', shape, record.progress.account)
          const { title, progress: facts } = decodeEntry(adapter, json, READING).result
          if (facts === undefined) throw new TypeError('an entry of progress brings progress')
          const entry = { title, facts, shape: adapter.shapeOf?.(json, READING) }
          const { report } = mergeProgress(adapter, stored.achievement, stored.progress, entry)
          expect(after(stored.achievement, stored.progress, report)).toMatchObject({ changed: false })
        }),
        runs(200),
      )
    })
  })

  describe.each(shapesFor('progress'))('a player’s progress in shape $name', (shape) => {
    it('loses nothing when a document of the dialect is imported and exported again', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          fc.pre(record.progress !== undefined && record.achievement !== undefined)
          const stored = storedFrom(record)
          fc.pre(hasFacts(stored.progress))
          // A requirement that the dialect does not know makes a count of the percent.
          fc.pre(adapter.capabilities.requirements !== 'none' || record.achievement.requirements.length === 0)
          const { account } = record.progress
          const { json } = exported(adapter, stored, 'progress', shape, account)
          const { title, progress: facts } = decodeEntry(adapter, json, READING).result
          if (facts === undefined) throw new TypeError('an entry of progress brings progress')
          const known = { ...stored, title, progress: NOT_STARTED }
          const imported = {
            ...known,
            progress: after(known.achievement, NOT_STARTED, reportOf(facts)).progress,
          }
          const again = exported(adapter, imported, 'progress', shape, facts.account)
          const ofPlayer = again.losses.filter(({ path }) => /\.progress(?!\.account)/.test(path))
          expect(ofPlayer).toEqual([])
        }),
        runs(200),
      )
    })
  })

  describe.each(shapesFor('definition'))('a definition in shape $name', (shape) => {
    it('loses nothing when a document of the dialect is imported and exported again', () => {
      fc.assert(
        fc.property(arbitrary, instants, (record, time) => {
          fc.pre(record.achievement !== undefined)
          const document = exported(adapter, storedFrom(record), 'definition', shape)
          const read = decodeEntry(adapter, document.json, READING).result
          const stored = storedFrom({ ...read, progress: undefined })
          const again = exported(adapter, stored, 'definition', shape)
          expect(again.losses).toEqual([])
          // Nor is anything lost that Laurel itself has changed since.
          const touched = { ...stored, achievement: { ...stored.achievement, updateTime: time } }
          const lossy = exported(adapter, touched, 'definition', shape).losses
          expect(
            lossy.filter(({ path }) => path.endsWith('Time') && time !== read.achievement?.updateTime),
          ).toEqual([])
        }),
        runs(200),
      )
    })

    it('changes nothing in the title that it was exported from, and is the same in another', () => {
      fc.assert(
        fc.property(
          arbitrary,
          fc.constantFrom('definition' as const, 'progress' as const),
          (record, purpose) => {
            fc.pre(record.achievement !== undefined && shape.carries.includes(purpose))
            const stored = storedFrom(record)
            const { json } = exported(adapter, stored, purpose, shape)
            const read = decodeEntry(adapter, json, READING).result
            if (read.achievement === undefined) throw new TypeError('an entry of a definition brings one')
            const incoming = { ...read, achievement: read.achievement }
            const form = { shape: adapter.shapeOf?.(json, READING), locale: undefined }
            expect(mergeAchievement(adapter, stored.achievement, incoming, form)).toEqual({
              ...stored.achievement,
              ids: { ...stored.achievement.ids, ...read.achievement.ids },
            })
            const other = storedFrom({ ...read, progress: undefined })
            const { json: again } = exported(adapter, other, purpose, shape)
            const back = decodeEntry(adapter, again, READING).result.achievement
            // Laurel makes the members that the document does not state.
            const { createTime, updateTime, listOrder } = read.achievement
            expect({
              ...back,
              listOrder: listOrder && back?.listOrder,
              createTime: createTime && back?.createTime,
              updateTime: updateTime && back?.updateTime,
            }).toEqual(read.achievement)
          },
        ),
        runs(100),
      )
    })
  })
})

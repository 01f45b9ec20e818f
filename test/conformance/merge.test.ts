import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adapter, Canonical, Shape } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import type { Achievement, StoredAchievement } from '../../src/model/achievement.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import { mergeAchievement } from '../../src/service/exchange/merge.ts'
import { records } from './arbitraries.ts'
import { runs } from './fuzz-factor.ts'
import { reread } from './properties.ts'
import { decodeSample, identitiesFor, samplesOf, subjects } from './subjects.ts'

/** The language of a title whose documents do not say theirs. */
const TITLE_LOCALE = 'de'

type Defined = Canonical & { readonly achievement: StoredAchievement }

function stored(record: Canonical): Defined {
  const achievement = record.achievement as Achievement
  const [createTime, updateTime] = [achievement.createTime ?? 0n, achievement.updateTime ?? 0n]
  return { ...record, achievement: { ...achievement, createTime, updateTime, titleId: 'title-1', etag: 'e' } }
}

/** No language, and each that the record has a text in. */
function languagesOf({ name, description, lockedDescription }: Achievement): readonly (string | undefined)[] {
  const texts = [name, description, lockedDescription].filter((text) => text !== undefined)
  return [
    undefined,
    ...new Set(texts.flatMap(({ locale, translations }) => [locale, ...Object.keys(translations)])),
  ]
}

function exported(adapter: Adapter, record: Defined, shape: Shape, locale: string | undefined): JsonObject {
  const context = { locale, shape: shape.name, purpose: 'definition', account: undefined } as const
  const { titleId: _title, etag: _etag, ...achievement } = record.achievement
  return reread(encodeEntry(adapter, { ...record, achievement }, context, identitiesFor(adapter)).result)
}

function decoded(adapter: Adapter, entry: JsonObject, locale: string | undefined) {
  const context = { locale: locale ?? TITLE_LOCALE, envelope: {} }
  const record = decodeEntry(adapter, entry, context).result
  return { record: record as Defined, shape: adapter.shapeOf?.(entry, context), locale }
}

function imported(
  adapter: Adapter,
  existing: StoredAchievement,
  entry: JsonObject,
  locale: string | undefined,
) {
  const { record, ...form } = decoded(adapter, entry, locale)
  return mergeAchievement(adapter, existing, record, form)
}

/** The entry with one leaf of it changed. */
function changed(entry: JsonObject, leafIndex: number): JsonObject {
  const leaves: ((root: JsonObject) => JsonObject)[] = []
  const visit = (value: JsonValue, put: (inner: JsonValue) => JsonValue) => {
    if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value))
        visit(member, (inner) => put(Object.fromEntries([...Object.entries(value), [name, inner]])))
    } else if (Array.isArray(value)) {
      const list: readonly JsonValue[] = value
      for (const [index, element] of list.entries()) visit(element, (inner) => put(list.with(index, inner)))
    } else leaves.push(() => put(other(value)) as JsonObject)
  }
  visit(entry, (value) => value)
  return leaves.length === 0
    ? entry
    : (leaves[leafIndex % leaves.length] as (root: JsonObject) => JsonObject)(entry)
}

function other(value: JsonValue): JsonValue {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value === 41 ? 42 : 41
  if (typeof value === 'bigint') return value === 41n ? 42n : 41n
  return value === 'another' ? 'an other' : 'another'
}

/**
 * Whether the member depends on other members: ids, original texts, a locked description that the record does not have, a text
 * that replaces a missing text. A dialect may write the default language whatever is asked for.
 */
function isDerived(
  name: keyof Achievement,
  { lockedDescription, ...texts }: Achievement,
  locale?: string,
): boolean {
  if (name === 'name') return locale !== undefined
  if (name === 'description') return locale !== undefined || texts.name.locale !== texts.description.locale
  if (name === 'lockedDescription') return locale !== undefined || lockedDescription === undefined
  // Which of several assets a dialect shows, and as what, depends on the others.
  if (name === 'media') return new Set(texts.media.map(({ role }) => role)).size > 1
  // The older form of Xbox Live shows the sum of them.
  if (name === 'rewards') return texts.rewards.filter(({ kind }) => kind === 'gamerscore').length > 1
  return name === 'extensions' || name === 'id' || name === 'ids'
}

/** Where the record is in several stores, an absence takes nothing away; elsewhere it may show the value behind it. */
function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const samples = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)
  const shapes = adapter.shapes.filter(({ carries }) => carries.includes('definition'))
  const arbitrary = records(adapter, ['definition'], samples).map(stored)

  describe.each(shapes)('in shape $name', (shape) => {
    it('a document that was exported changes nothing, in whatever language', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          for (const locale of languagesOf(record.achievement)) {
            const entry = exported(adapter, record, shape, locale)
            expect(adapter.shapeOf?.(entry, { locale: '', envelope: {} }) ?? shape.name).toBe(shape.name)
            for (const said of new Set([locale, undefined])) {
              const merged = imported(adapter, record.achievement, entry, said)
              expect(merged, `exported in ${locale}, imported in ${said}`).toEqual(record.achievement)
            }
          }
        }),
        runs(200),
      )
    })

    it('one change in an exported document changes only what it says', () => {
      fc.assert(
        fc.property(arbitrary, fc.nat(), fc.nat(), (record, leafIndex, language) => {
          const languages = languagesOf(record.achievement)
          const locale = languages[language % languages.length]
          const entry = exported(adapter, record, shape, locale)
          const edited = changed(entry, leafIndex)
          let after: ReturnType<typeof decoded>
          try {
            after = decoded(adapter, edited, locale)
          } catch (error) {
            if (error instanceof DecodeError) return
            throw error
          }
          fc.pre((after.shape ?? shape.name) === shape.name && after.record.achievement !== undefined)
          const before = decoded(adapter, entry, locale).record.achievement
          const merged = imported(adapter, record.achievement, edited, locale)
          for (const name of Object.keys(record.achievement) as (keyof Achievement)[]) {
            if (name === 'ids' || !sameJson(before[name], after.record.achievement[name])) continue
            expect(merged[name], name).toEqual(record.achievement[name])
          }
          // From now on the document has the texts of the record.
          const achievement = { ...record.achievement, ...merged } as StoredAchievement
          const again = exported(adapter, { ...record, ...after.record, achievement }, shape, locale)
          const back = decoded(adapter, again, locale).record.achievement
          for (const name of Object.keys(back) as (keyof Achievement)[]) {
            const said = after.record.achievement[name]
            if (isDerived(name, record.achievement, locale) || isAbsent(said)) continue
            expect(back[name], `read back: ${name}`).toEqual(said)
          }
        }),
        runs(300),
      )
    })
  })
})

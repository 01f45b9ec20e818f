import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Adapter, Canonical, Shape } from '../../src/dialect/adapter.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import { formatPath, type Path } from '../../src/dialect/losses.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../src/model/json.ts'
import { records } from './arbitraries.ts'
import { differences, formatted, isRelated } from './differences.ts'
import { decodeSample, encodeContext, identitiesFor, LOCALE, samplesOf, subjects } from './subjects.ts'

const RUNS = { numRuns: 200 }

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const remembered = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)

  describe.each(adapter.shapes)('in shape $name', (shape) => {
    const arbitrary = records(adapter, shape.carries, remembered)

    it('loses nothing in silence', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          const { reported, different } = thereAndBack(adapter, shape, record)
          const silent = different.filter(
            (path) => mustBeReported(adapter, shape, path) && !isAmong(reported, formatPath(path)),
          )
          expect(formatted(silent), 'differs, but is not reported').toEqual([])
        }),
        RUNS,
      )
    })

    it('raises no false alarm', () => {
      fc.assert(
        fc.property(arbitrary, (record) => {
          const { reported, different } = thereAndBack(adapter, shape, record)
          const paths = formatted(different)
          const falseAlarms = reported.filter((path) => !isAmong(paths, path))
          expect(falseAlarms, 'reported, but does not differ').toEqual([])
        }),
        RUNS,
      )
    })
  })
})

interface Journey {
  readonly reported: readonly string[]
  readonly different: readonly Path[]
}

/** To their JSON, through its text, and to ours again. */
function thereAndBack(adapter: Adapter, { name }: Shape, record: Canonical): Journey {
  const { result, losses } = encodeEntry(adapter, record, encodeContext(record, name), identitiesFor(adapter))
  const locale = record.achievement?.name.locale ?? LOCALE
  const { result: back } = decodeEntry(adapter, reread(result), { locale, envelope: {} })
  return { reported: losses.map(({ path }) => path), different: differences(record, back) }
}

/**
 * Its own extension is a dialect's memory of how a value was spelled: it may forget that when the value has
 * changed since. A shape without definitions takes its title from where it is written.
 */
function mustBeReported(adapter: Adapter, { carries }: Shape, path: Path): boolean {
  const [part, member, dialect] = path
  if (member === 'extensions' && dialect === adapter.id) return false
  if (carries.includes('definition')) return true
  return part !== 'achievement' && !(part === 'title' && member === 'binding')
}

function isAmong(paths: readonly string[], path: string): boolean {
  return paths.some((other) => isRelated(other, path))
}

function reread(entry: JsonObject): JsonObject {
  const value = parseJson(formatJson(entry))
  if (!isJsonObject(value)) throw new TypeError('an entry must be an object')
  return value
}

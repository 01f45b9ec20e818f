import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countValues } from '../../src/dialect/json-text.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { LIMITS } from '../../src/model/limits.ts'
import type { SpoolCall } from '../../src/service/exchange/spool.ts'
import { type TranslateOptions, translate } from '../../src/service/exchange/translate.ts'
import { cpuMilliseconds, longestTurn } from '../support/cpu.ts'
import { callOf, spoolOf } from '../support/services.ts'
import { runs } from './fuzz-factor.ts'
import { samplesOf, subjects } from './subjects.ts'

const dialects = new Map(subjects.map(({ adapter }) => [adapter.id, adapter]))
const services = { dialects, spool: spoolOf() }

async function translated(from: string, to: string, text: string, call: SpoolCall = callOf()): Promise<void> {
  const options = { from, to, shape: undefined, locale: undefined, lossPolicy: 'report' } as const
  const content = async function* () {
    yield new TextEncoder().encode(text)
  }
  for await (const part of translate(services, options satisfies TranslateOptions, content(), call)) void part
}

/** Milliseconds of CPU, of the best of some runs; a refusal counts as well. */
async function costOf(from: string, to: string, entry: JsonObject): Promise<number> {
  const text = formatJson([entry])
  const costs: number[] = []
  for (let run = 0; run < 4; run += 1)
    costs.push(await cpuMilliseconds(() => translated(from, to, text).catch(() => {})))
  return Math.min(...costs)
}

/** A text, list or object in an entry, and the entry with the part grown to so many values, or to a text of twenty times as many characters. */
interface Part {
  readonly name: string
  readonly grow: (size: number) => JsonObject
}

function partsOf(entry: JsonObject): readonly Part[] {
  const parts: Part[] = []
  const visit = (value: JsonValue, name: string, put: (value: JsonValue) => JsonObject) => {
    if (typeof value === 'string')
      parts.push({
        name: `${name}, a text`,
        grow: (size) => put((value || 'a').repeat(Math.ceil((size * 20) / (value.length || 1)))),
      })
    else if (Array.isArray(value)) {
      const list = value as readonly JsonValue[]
      const element = list[0] ?? 'a'
      const count = countValues(formatJson(element))
      parts.push({
        name: `${name}, a list`,
        grow: (size) => put(Array.from({ length: Math.ceil(size / count) }, () => element)),
      })
      if (list[0] !== undefined) visit(list[0], `${name}[0]`, (changed) => put(list.with(0, changed)))
    } else if (isJsonObject(value)) {
      const members = (size: number) => Array.from({ length: size }, (_, index) => [`m${index}`, 'x'])
      parts.push({
        name: `${name}, an object`,
        grow: (size) => put({ ...value, ...Object.fromEntries(members(size)) }),
      })
      for (const [member, inner] of Object.entries(value))
        visit(inner, `${name}.${member}`, (changed) => put({ ...value, [member]: changed }))
    }
  }
  visit(entry, '$', (value) => value as JsonObject)
  return parts
}

const SIZE = 1000
/** Below this, the time is that of the call, and of the clock. */
const LEAST_MILLISECONDS = 10
/** A part of eight times the size costs eight times as much if the cost is linear, and 64 times if it is quadratic. */
const [GROWTH, MOST_TIMES] = [8, 24]

describe.each(subjects)('an entry of $id', (subject) => {
  test('costs CPU time in proportion to the size of any of its parts', async () => {
    const samples = samplesOf(subject).map(({ entry }) => entry)
    const parts = samples.flatMap((entry) => partsOf(entry))
    const choices = fc.record({ part: fc.constantFrom(...parts), to: fc.constantFrom(...dialects.keys()) })
    await fc.assert(
      fc.asyncProperty(choices, async ({ part, to }) => {
        const small = await costOf(subject.id, to, part.grow(SIZE))
        const large = await costOf(subject.id, to, part.grow(SIZE * GROWTH))
        expect(large, `${part.name} to ${to}`).toBeLessThan(MOST_TIMES * Math.max(small, LEAST_MILLISECONDS))
      }),
      { ...runs(12), endOnFailure: true },
    )
  })

  test('of more values than a record is written with is refused', async () => {
    const [{ entry } = { entry: {} }] = samplesOf(subject)
    const long = { ...entry, unknownMember: Array(LIMITS.entryValues).fill(1) }
    await expect(translated(subject.id, subject.id, formatJson([long]))).rejects.toThrow(
      `holds more than ${LIMITS.entryValues} values`,
    )
  })
})

describe.each(subjects)('a document of $id', (subject) => {
  const [{ entry } = { entry: {} }] = samplesOf(subject)
  const documentOf = (bytes: number) => {
    const text = formatJson(entry)
    return `[${Array(Math.ceil(bytes / text.length))
      .fill(text)
      .join()}]`
  }

  test('lets other calls run while it is translated', async () => {
    const document = documentOf(2 ** 21)
    let longest = 0
    const used = await cpuMilliseconds(async () => {
      longest = await longestTurn(() => translated(subject.id, subject.id, document))
    })
    expect(used).toBeGreaterThan(200)
    expect(longest).toBeLessThan(150)
  })

  test('is limited for a player', async () => {
    const principal = { kind: 'player', name: 'ann', playerId: 'ann', permissions: [] } as const
    const call = { ...callOf(), principal }
    await expect(translated(subject.id, subject.id, documentOf(2 ** 18 + 1), call)).rejects.toMatchObject({
      reason: 'DOCUMENT_TOO_LARGE',
      metadata: { maxBytes: String(LIMITS.playerDocumentBytes) },
    })
    const manyEntries = `[${Array(1001).fill('{}').join()}]`
    await expect(translated(subject.id, subject.id, manyEntries, call)).rejects.toMatchObject({
      reason: 'DOCUMENT_TOO_LARGE',
      metadata: { maxEntries: '1000' },
    })
  })
})

import { expect, test } from 'vitest'
import { readDocument } from '../../src/dialect/document.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { type TranslateOptions, translate } from '../../src/service/exchange/translate.ts'
import { cpuMilliseconds, hardTexts } from '../support/cpu.ts'
import { callOf, spoolOf } from '../support/services.ts'
import { volume } from '../support/volume.ts'
import { samplesOf, subjects } from './subjects.ts'

/*
 * Any player may send a document to be translated, so every document must take linear time. A linear reader takes some 50 ms for the
 * longest document here; a quadratic one takes seconds.
 */
const TEXT = { length: 25_000, maxMilliseconds: 400 }
const LIST = { length: 60_000, maxMilliseconds: 1000 }
/** How many kinds of text, and of dialects and shapes to write, each location gets: with the locations, they take turns. */
const SMALL = { textKinds: 5, targets: 2 }

const dialects = new Map(subjects.map(({ adapter }) => [adapter.id, adapter]))

/** A location in a document, and how to write another value there. */
interface Location {
  readonly name: string
  readonly value: JsonValue
  readonly put: (value: JsonValue) => JsonValue
}

function* locationsIn(value: JsonValue, put: Location['put'], name: string): Generator<Location> {
  yield { name, value, put }
  const list: readonly JsonValue[] | undefined = Array.isArray(value) ? value : undefined
  for (const [index, element] of (list ?? []).entries())
    yield* locationsIn(
      element,
      (changed) => put((list as readonly JsonValue[]).with(index, changed)),
      `${name}[]`,
    )
  if (!isJsonObject(value)) return
  for (const [member, inner] of Object.entries(value))
    yield* locationsIn(inner, (changed) => put({ ...value, [member]: changed }), `${name}.${member}`)
}

/** The distinct locations in a subject's golden documents. */
function locationsOf(subject: (typeof subjects)[number]): readonly Location[] {
  const locations = new Map<string, Location>()
  for (const { entry } of samplesOf(subject)) {
    const form = Object.keys(entry).sort().join()
    for (const location of locationsIn(entry, (value) => value, '$'))
      locations.set(`${form} ${location.name}`, location)
  }
  return [...locations.values()]
}

/** A list or an object with as many elements or members as the length holds; undefined for another value. */
function grown(value: JsonValue): readonly JsonValue[] {
  const size = formatJson(Array.isArray(value) ? (value[0] ?? '') : '').length + 20
  const numbers = Array.from({ length: Math.ceil(LIST.length / size) }, (_, index) => index)
  if (isJsonObject(value)) {
    const members = numbers.map((number) => [`m${number}`, `x${number}`] as const)
    return [{ ...value, ...Object.fromEntries(members) }]
  }
  const [first] = Array.isArray(value) ? (value as readonly JsonValue[]) : []
  if (first === undefined) return []
  if (!isJsonObject(first)) return [numbers.map(() => first)]
  const renamed = numbers.map((number): JsonObject => {
    const named = { id: `${number}`, name: `n${number}`, type: `t${number}` }
    // Numbers in another format than Laurel writes, so that each is stored in the extension.
    return { ...first, ...named, current: '08', target: '08', value: '08', more: true }
  })
  return [numbers.map(() => first), renamed]
}

/** Returns some of the elements, from the one at `start` on, as in a ring. */
function inTurn<Element>(elements: readonly Element[], start: number, count: number): readonly Element[] {
  return Array.from({ length: count }, (_, index) => elements[(start + index) % elements.length] as Element)
}

async function translated(from: string, to: string, document: JsonValue, shape?: string): Promise<void> {
  const services = { dialects, spool: spoolOf() }
  const options = { from, to, shape, locale: undefined, lossPolicy: 'report' } as TranslateOptions
  const content = async function* () {
    yield new TextEncoder().encode(formatJson(document))
  }
  try {
    for await (const part of translate(services, options, content(), callOf())) void part
  } catch {
    // A refusal must take linear time as well.
  }
}

test.each(subjects)('a long text anywhere in a document of $id takes linear time', async (subject) => {
  const kinds = Object.entries(hardTexts(TEXT.length))
  const kindCount = volume({ small: SMALL.textKinds, full: kinds.length })
  for (const [index, { name, put }] of locationsOf(subject).entries()) {
    if (name === '$') continue
    for (const [kind, text] of inTurn(kinds, index * kindCount, kindCount)) {
      const used = await cpuMilliseconds(() => translated(subject.id, subject.id, put(text)))
      expect(used, `${name}: ${kind}`).toBeLessThan(TEXT.maxMilliseconds)
    }
  }
})

test.each(subjects)(
  'a long list or object anywhere in a document of $id takes linear time',
  async (subject) => {
    // The document's own dialect puts its extension back in each of its shapes.
    const targets = [...dialects.values()].flatMap(({ id, shapes }) =>
      (id === subject.id ? shapes.map(({ name }) => name) : [undefined]).map((shape) => ({ to: id, shape })),
    )
    const targetCount = volume({ small: SMALL.targets, full: targets.length })
    for (const [index, { name, value, put }] of locationsOf(subject).entries()) {
      for (const long of grown(value)) {
        for (const { to, shape } of inTurn(targets, index * targetCount, targetCount)) {
          const used = await cpuMilliseconds(() => translated(subject.id, to, put(long), shape))
          expect(used, `${name} to ${to} ${shape}`).toBeLessThan(LIST.maxMilliseconds)
        }
      }
    }
  },
)

test.each(subjects)('a small document of $id costs little', async (subject) => {
  const { entry = {} } = samplesOf(subject)[0] ?? {}
  const used = await cpuMilliseconds(async () => {
    for (let count = 0; count < 100; count += 1) await translated(subject.id, subject.id, entry)
  })
  expect(used).toBeLessThan(LIST.maxMilliseconds)
})

test('an entry that arrives in small chunks takes linear time', async () => {
  const bytes = new TextEncoder().encode(JSON.stringify([{ text: 'a'.repeat(2 ** 21) }]))
  const chunks = async function* () {
    for (let start = 0; start < bytes.length; start += 64) yield bytes.subarray(start, start + 64)
  }
  const used = await cpuMilliseconds(async () => {
    for await (const entry of readDocument({ lists: [] }, chunks())) expect(entry).toHaveProperty('json')
  })
  expect(used).toBeLessThan(LIST.maxMilliseconds)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatJson, parseExactJson } from '../model/exact-json.ts'
import type { JsonObject } from '../model/json.ts'
import { type DocumentEnd, type DocumentEntry, readDocument } from './document.ts'
import { parseJson } from './json-text.ts'

const FRAME = { lists: ['achievements', 'data'] }

async function* chunksOf(text: string, size: number) {
  const bytes = new TextEncoder().encode(text)
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

type Read = Extract<DocumentEntry, { readonly json: JsonObject }>

async function read(text: string, size = 7): Promise<{ entries: Read[]; end: DocumentEnd }> {
  const entries: Read[] = []
  const reader = readDocument(FRAME, chunksOf(text, size))
  for (;;) {
    const { value, done } = await reader.next()
    if (done) return { entries, end: value }
    if ('error' in value) throw value.error
    entries.push(value)
  }
}

describe('a member that stands twice in its object', () => {
  test.each([
    ['[{"secret":true,"secret":false}]', '$[0].secret'],
    ['[{"a":1},{"a":{"b":[{"c":1,"c":1}]}}]', '$[1].a.b[0].c'],
    ['[{"a":"x:\\"y:","a":1}]', '$[0].a'],
    ['[{"\\u0061":1,"a":1}]', '$[0].a'],
    ['[{"__proto__":1,"__proto__":2}]', '$[0].__proto__'],
    ['{"achievements":[],"achievements":[{}]}', '$.achievements'],
    ['{"userId":"1","achievements":[],"userId":"2"}', '$.userId'],
    ['{"context":{"d":1,"d":2,},"data":[]}', '$.context.d'],
    ['{"id":"1","id":"2"}', '$.id'],
  ])('is refused with its path: %s', async (text, path) => {
    await expect(read(text)).rejects.toThrow(`${path}: the member stands twice`)
  })

  test('is found among any others, and only there', () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<never>, {
      minKeys: 1,
      maxKeys: 4,
    })
    fc.assert(
      fc.property(fc.array(objects, { minLength: 1, maxLength: 3 }), fc.nat(), (list, at) => {
        const text = JSON.stringify(list)
        expect(() => parseJson(text)).not.toThrow('stands twice')
        const object = list[at % list.length] as object
        const [name, value] = Object.entries(object)[0] as [string, never]
        const doubled = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`
        expect(() => parseJson(`[${doubled}]`)).toThrow('stands twice')
      }),
    )
  })
})

describe('a document in pieces of any size', () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<never>), {
    maxLength: 5,
  })

  test('gives the entries of an array and of a list in an object', async () => {
    const texts = fc.constantFrom(
      (list: string) => list,
      (list: string) => `{"before":1,"achievements":${list},"after":{"x":[1]}}`,
    )
    await fc.assert(
      fc.asyncProperty(
        objects,
        texts,
        fc.nat(4),
        fc.integer({ min: 1, max: 40 }),
        async (list, wrap, indent, size) => {
          const json = parseExactJson(JSON.stringify(list)) as unknown as JsonObject[]
          const { entries, end } = await read(wrap(formatJson(json, indent)), size)
          expect(entries.map((entry) => entry.json)).toEqual(json)
          expect(end.single).toBe(false)
        },
      ),
    )
  })

  test('gives one object as one entry', async () => {
    const { entries, end } = await read('\n{"id": "3", "progression": {"requirements": [],},}\n')
    expect(entries).toEqual([
      { json: { id: '3', progression: { requirements: [] } }, path: [], envelope: {}, length: 37 },
    ])
    expect(end).toEqual({ single: true, envelope: {} })
  })

  test('knows the members before an entry, however the document is cut', async () => {
    for (const size of [1, 7, 1000]) {
      const { entries, end } = await read('{"userId":"7","data":[{"a":1}],"more":1}', size)
      expect(entries).toEqual([{ json: { a: 1 }, path: ['data', 0], envelope: { userId: '7' }, length: 7 }])
      expect(end).toEqual({ single: false, envelope: { userId: '7', more: 1 } })
    }
  })

  test('refuses an entry by itself', async () => {
    const reader = readDocument(FRAME, chunksOf('[1, {"a":"\\u0000"}, {"b":2}]', 5))
    const all = await Array.fromAsync(reader)
    expect(all.map((entry) => ('error' in entry ? entry.error.message : entry.json))).toEqual([
      '$[0]: expected an object, but found number 1',
      '$[1].a: text must not hold the character U+0000',
      { b: 2 },
    ])
  })

  test('forgives trailing commas and reads a byte order mark', async () => {
    const { entries } = await read('\uFEFF{"achievements":[{"a":[1,],},],}')
    expect(entries.map(({ json }) => json)).toEqual([{ a: [1] }])
  })
})

describe('an invalid document', () => {
  test.each<readonly [string, string]>([
    ['', 'line 1, column 1: the document is empty'],
    ['"text"', 'line 1, column 1: a document is an array or an object'],
    ['[{"a":1}\n{"b":2}]', 'line 2, column 1: expected a comma or a closing ]'],
    ['[{"a":1},\n {"b":tru}]', 'line 2, column 7: an unknown word; strings need double quotes'],
    ['[,]', 'line 1, column 2: expected a value'],
    ['{"achievements":[{"a":1}]', 'line 1, column 26: the document is cut short'],
    ['{achievements:[]}', 'line 1, column 2: expected a member name in double quotes'],
    ['[]x', 'line 1, column 3: unexpected text after the end of the document'],
    ['[{"a":1}, 5]', '$[1]: expected an object, but found number 5'],
    [`[${'['.repeat(100)}`, '$: nested deeper than 64 levels'],
    [`[{"a":"${'x'.repeat(5 * 1024 * 1024)}"}]`, '$: the value that begins in line 1 is larger than 4 MiB'],
  ])('%j', async (text, message) => {
    await expect(read(text, 65536)).rejects.toThrow(message)
  })

  test('bytes that are not UTF-8', async () => {
    async function* latin1() {
      yield new Uint8Array([0x5b, 0x22, 0xe9, 0x22, 0x5d])
    }
    const reader = readDocument(FRAME, latin1())
    await expect(reader.next()).rejects.toThrow('$: the document is not UTF-8 text')
  })
})

test('the members of the object at the top are bounded together', async () => {
  const members = Array.from({ length: 9_000 }, (_, index) => `"${index}":"${'x'.repeat(500)}"`)
  const refused = 'the members of the object at the top are together larger than 4 MiB'
  await expect(read(`{${members},"achievements":[]}`, 65536)).rejects.toThrow(refused)
  await expect(read(`{${members}}`, 65536)).rejects.toThrow(refused)
})

test('the members of the object at the top are bounded in number', async () => {
  const members = Array.from({ length: 10_001 }, (_, index) => `"${index}":1`)
  const refused = 'the object at the top has more than 10000 members'
  await expect(read(`{${members},"achievements":[]}`, 65536)).rejects.toThrow(refused)
  await expect(read(`{${members}}`, 65536)).rejects.toThrow(refused)
})

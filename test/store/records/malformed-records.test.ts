import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { exampleLines, importLines } from '../../support/record-lines.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

const example = exampleLines().join('\n')

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

type Json = Record<string, unknown>

/** The objects of a line, each with the name of one of its members. */
function membersOf(value: unknown): readonly (readonly [Json, string])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [
    [value as Json, name] as const,
    ...membersOf(member),
  ])
}

const values = fc.oneof(
  fc.constantFrom(
    '',
    'x'.repeat(200),
    '-1',
    '1e9',
    '2.5',
    '9'.repeat(30),
    '0001-01-01T00:00:00Z',
    '\ud800',
    'a\u0000b',
  ),
  fc.constantFrom(-1, 0.5, 1e300, 2 ** 31, 2 ** 53, true, null),
  fc.jsonValue({ maxDepth: 2 }),
)

const change = fc.record({
  line: fc.nat(),
  member: fc.nat(),
  value: fc.option(values, { nil: undefined }),
  name: fc.option(fc.constantFrom('more', '__proto__', 'kind', 'titleId', 'playerId'), { nil: undefined }),
})

let number = 0

test('any changed member is imported, or refused with the number of a line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
      number += 1
      // Records that no other run has.
      const unique = example
        .replaceAll('lanternfall', `lanternfall-${number}`)
        .replaceAll('"ann', `"ann-${number}`)
        .replaceAll('213866895806300161', `2138668958063${String(number).padStart(5, '0')}`)
        .replace('3f0c7a52', String(number).padStart(8, '0'))
      const lines = unique.split('\n').map((line) => JSON.parse(line) as Json)
      for (const { line, member, value, name } of changes) {
        const members = membersOf(lines[line % lines.length])
        const [object, old] = members[member % members.length] ?? [lines[0] as Json, 'kind']
        Object.defineProperty(object, name ?? old, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
      const texts = lines.map((line) => JSON.stringify(line))
      const error = await importLines(services, texts, 3).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error === undefined) return
      expect(error).toBeInstanceOf(LaurelError)
      expect((error as LaurelError).message).toMatch(/^line \d+: |^the export ends after line /)
    }),
    { ...runs(150), endOnFailure: true },
  )
})

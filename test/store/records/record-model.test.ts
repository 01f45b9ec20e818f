import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatRecord } from '../../../src/grpc/convert/record-json.ts'
import { formatDefinition } from '../../../src/service/records/definition-line.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { type AnyRecords, anyRecords } from '../../support/arbitrary-records.ts'
import { exportOf } from '../../support/record-export.ts'
import { exportLines, importLines } from '../../support/record-lines.ts'
import { createTestServices } from '../../support/services.ts'

/** Returns the lines of records between the first and the last line of an export. */
function linesOf({ titles, rows }: AnyRecords): readonly { readonly kind: string }[] {
  const format = { formatRecord }
  const definitions = titles.flatMap(({ title, stats, achievements }) => [
    formatDefinition(format, 'title', title),
    ...stats.map((stat) => formatDefinition(format, 'stat', stat)),
    ...achievements.map((achievement) => formatDefinition(format, 'achievement', achievement)),
  ])
  return [...definitions.map((line) => JSON.parse(line)), ...rows]
}

/** Returns a line with the texts of extensions as JSON: Postgres orders the members of objects. */
function parse(line: string): { readonly kind: string } {
  return JSON.parse(line, (name, value) =>
    name === 'extensions'
      ? Object.fromEntries(
          Object.entries(value).map(([key, each]) => [
            key,
            typeof each === 'string' ? JSON.parse(each) : each,
          ]),
        )
      : value,
  )
}

/** Asserts that both have the same lines; those of history in the same order. */
function expectSame(actual: readonly unknown[], expected: readonly { readonly kind: string }[]): void {
  const rest = [...actual] as { readonly kind: string }[]
  for (const line of expected) {
    const index = rest.findIndex((each) => isDeepStrictEqual(each, line))
    if (index === -1) expect(rest.filter(({ kind }) => kind === line.kind)).toContainEqual(line)
    rest.splice(index, 1)
  }
  expect(rest).toEqual([])
  const historyOf = (lines: readonly unknown[]) =>
    (lines as { readonly kind: string }[]).filter(({ kind }) => kind === 'event')
  expect(historyOf(actual)).toEqual(historyOf(expected))
}

test('any records come back as they are, and again from there byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords(), fc.integer({ min: 1, max: 20 }), async (records, partLines) => {
      await using first = await createTestServices()
      await using second = await createTestServices()
      const lines = exportOf(linesOf(records)).trimEnd().split('\n')
      await importLines(first, lines, partLines)
      const exported = await exportLines(first)
      expectSame(exported.slice(1).map(parse), lines.slice(1).map(parse))
      await importLines(second, exported, partLines)
      expect((await exportLines(second)).slice(1)).toEqual(exported.slice(1))
    }),
    { ...runs(12), endOnFailure: true },
  )
})

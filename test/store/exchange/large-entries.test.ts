import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatJson } from '../../../src/model/exact-json.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { ACCOUNTED, CODED, type EntryParts, entryOf } from '../../support/documents.ts'
import { importText } from '../../support/exchange.ts'
import { createTestServices, spoolOf, type TestServices } from '../../support/services.ts'
import { volume } from '../../support/volume.ts'

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const entryWith = (dialect: string, parts: EntryParts, unknownLength: number): JsonObject => ({
  ...entryOf(dialect, parts),
  unknownMember: 'u'.repeat(unknownLength),
})

test('a document of entries near a megabyte is imported, whatever their sum is', async () => {
  // At full size the definitions are more than the 256 MiB that Postgres takes in one JSON value.
  const count = volume({ small: 20, full: 320 })
  const entries = Array.from({ length: count }, (_, index) =>
    entryWith(CODED, { number: index + 1 }, 950_000),
  )
  const unlimited = {
    ...services,
    spool: spoolOf({ maxDocumentBytes: 2 ** 30, maxTotalBytes: 2 ** 30, maxCallerBytes: 2 ** 30 }),
  }
  const { summary } = await importText(unlimited, CODED, formatJson(entries), { titleId: 'large' })
  expect(summary).toMatchObject({ entryCount: count, newCount: count, failedCount: 0 })
})

test('members that only the dialect has are limited, and other entries are imported', async () => {
  const entries = [entryWith(CODED, { number: 1001 }, 2 ** 20), entryWith(CODED, { number: 1002 }, 10)]
  const { outcomes } = await importText(services, CODED, formatJson(entries), { titleId: 'large' })
  expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'new'])
  expect(outcomes[0]?.error?.violations[0]?.field).toBe(`extensions.${CODED}`)
})

test('members of progress that only the dialect has are limited', async () => {
  const importRow = (length: number) => {
    const entry = entryWith(ACCOUNTED, { number: 1, progress: { percent: 5 } }, length)
    return importText(services, ACCOUNTED, formatJson([entry]), { titleId: 'rows' })
  }
  await importText(services, ACCOUNTED, formatJson([entryOf(ACCOUNTED, { number: 1 })]), { titleId: 'rows' })
  expect((await importRow(70_000)).outcomes[0]?.error?.violations[0]?.message).toMatch(
    /^must be at most 65536 bytes/,
  )
  expect((await importRow(60_000)).outcomes[0]).toMatchObject({ kind: 'replaced' })
})

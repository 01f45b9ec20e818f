import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { backup } from '../../../src/store/backup/backup.ts'
import { readBackup } from '../../../src/store/backup/read-backup.ts'
import { TABLES } from '../../../src/store/backup/tables.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { createTestDatabase } from '../../support/database.ts'
import { fillEveryTable } from '../../support/every-table.ts'

let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-damaged-'))
  await using filled = await createTestDatabase()
  await fillEveryTable(filled.url, TABLES)
  file = join(folder, 'filled')
  await backup(filled.url, file, { laurelVersion: '0.1.0', signal: NEVER_ABORTED, onBytes: () => {} })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a file that was cut is refused, and one with a changed byte is refused or reads the same', async () => {
  const bytes = await readFile(file)
  const whole = await readBackup(file)
  const damaged = join(folder, 'damaged')
  const read = async (content: Buffer) => {
    await writeFile(damaged, content)
    return readBackup(damaged)
  }
  const inFile = fc.nat(bytes.length - 1)
  await fc.assert(
    fc.asyncProperty(inFile, async (length) => {
      await expect(read(bytes.subarray(0, length))).rejects.toThrow(/damaged|no backup/)
    }),
    runs(100),
  )
  let refusedCount = 0
  await fc.assert(
    fc.asyncProperty(inFile, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const changed = Buffer.from(bytes)
      changed[at] = (bytes[at] as number) ^ mask
      const result = await read(changed).catch((error: Error) => error)
      const isRefused = result instanceof Error
      if (isRefused) expect(result.message).toMatch(/damaged|no backup/)
      else expect(result).toEqual(whole)
      refusedCount += Number(isRefused)
    }),
    runs(200),
  )
  // Some bits of zstd's headers change nothing.
  expect(refusedCount).toBeGreaterThan(150)
})

test('text that was changed before it was compressed again is refused', async () => {
  const text = zstdDecompressSync(await readFile(file)).toString()
  const lines = text.split('\n')
  const damaged = join(folder, 'changed')
  const withoutRow = lines.filter(
    (_, index) => index !== lines.findIndex((line) => line.startsWith('{"table"')) - 2,
  )
  for (const changed of [
    withoutRow.join('\n'),
    text.replace('"laurelVersion":"0.1.0"', '"laurelVersion":"0.1.1"'),
    `${text}more\n`,
    lines.slice(0, -2).join('\n'),
  ]) {
    await writeFile(damaged, zstdCompressSync(changed))
    await expect(readBackup(damaged)).rejects.toThrow('the backup is damaged')
  }
  await writeFile(damaged, zstdCompressSync(text.replace('"formatVersion":1', '"formatVersion":2')))
  await expect(readBackup(damaged)).rejects.toThrow('in a newer format: use that version, or a newer one')
})

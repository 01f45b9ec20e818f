import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSources } from '../src/cli/migrate/sources/open-sources.ts'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'

/* Folders of players' documents, as they come out of another system's archive. */

let root: string
let folder: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'laurel-folder-'))
})
afterAll(() => rm(root, { recursive: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'players-'))
  await writeFile(join(root, 'secret.json'), '"secret"')
})

async function read(path: string): Promise<string> {
  await using sources = await openSources([path], undefined, { title: 't' } as never, NEVER_ABORTED)
  const chunks = await Promise.all(
    sources.list.map(({ open }) => Array.fromAsync(open(0, NEVER_ABORTED, ''))),
  )
  return Buffer.concat(chunks.flat()).toString()
}

test('the files of a folder and of those within are read', async () => {
  await mkdir(join(folder, 'a', 'not-a-file.json'), { recursive: true })
  await writeFile(join(folder, 'a', '7.json'), '1')
  await writeFile(join(folder, '6.json'), '2')
  expect(await read(folder)).toBe('{"file":"6.json","document":2}\n{"file":"a/7.json","document":1}\n')
})

test.each<[string, string, string]>([
  ['to a file', '../secret.json', '8.json'],
  ['to a device', '/dev/zero', 'zero.json'],
  ['to a folder', '..', 'more'],
])('a folder with a link %s is not read', async (_, target, name) => {
  await writeFile(join(folder, '6.json'), '2')
  await symlink(target, join(folder, name))
  await expect(read(folder)).rejects.toThrow(`${join(folder, name)} is a link`)
})

test('a folder that is given as a link is read', async () => {
  await writeFile(join(folder, '6.json'), '2')
  await symlink(folder, `${folder}-link`)
  expect(await read(`${folder}-link`)).toBe('{"file":"6.json","document":2}\n')
})

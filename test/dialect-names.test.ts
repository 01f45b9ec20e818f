import { globSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readableSource } from './support/jsx-source.ts'
import { tokensOf } from './support/source-imports.ts'

/*
 * No code outside adapters/ names a dialect: neither in an identifier nor in a string. Comments, protos, samples and READMEs may.
 * Suites get the facts of a dialect from its fixtures.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const dialects = readdirSync(`${ROOT}/adapters`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const files = globSync('{src,test,proto}/**/*.{ts,tsx}', { cwd: ROOT })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !/\/(gen|dist)\//.test(file))

/** The identifiers and strings of a source that name a dialect. */
function namesIn(source: string): readonly string[] {
  const words = tokensOf(source).map(({ text }) => text)
  return words.filter((word) => dialects.some((dialect) => word.toLowerCase().includes(dialect)))
}

describe('dialects are named in adapters/ alone', () => {
  test.each([
    [`const a${dialects[0]} = 1`, 1],
    [`f('to ${dialects[1]}')`, 1],
    [`// ${dialects[0]}`, 0],
  ])('%j names %i', (source, count) => {
    expect(namesIn(source)).toHaveLength(count)
  })

  test('and by no other file', () => {
    const named = files.map(
      (file) => [file, namesIn(readableSource(file, readFileSync(`${ROOT}/${file}`, 'utf8')))] as const,
    )
    expect(named.length).toBeGreaterThan(200)
    expect(named.filter(([, names]) => names.length > 0)).toEqual([])
  })
})

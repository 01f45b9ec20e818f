/**
 * Fails if a retired word is back: in identifiers and file names of TypeScript, in comments of TypeScript and protobuf, in
 * titles of tests, in READMEs. Takes files and folders to look at; without any, the whole repository.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readableSource } from '../support/jsx-source.ts'
import { tokensOf } from '../support/source-imports.ts'
import { RETIRED_NAMES, RETIRED_PARTS, RIDDLES } from './retired-words.ts'

const ROOT = join(import.meta.dirname, '../..')
const MAX_SHOWN = 200
/** Generated code, captured documents, migrations that have run, and the lists of the words themselves. */
const EXEMPT = /^test\/vocabulary\/|\/gen\/|\/testdata\/|^src\/store\/migrations\/0/

const findings = trackedFiles(process.argv.slice(2)).flatMap((file) => [
  ...checkName(file),
  ...checkText(file, readFileSync(join(ROOT, file), 'utf8')),
])
for (const finding of findings.slice(0, MAX_SHOWN)) console.error(finding)
if (findings.length > MAX_SHOWN) console.error(`and ${findings.length - MAX_SHOWN} more`)
if (findings.length > 0) process.exitCode = 1

function trackedFiles(paths: readonly string[]): readonly string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...paths],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  return listed
    .split('\n')
    .filter(
      (file) => /\.(?:ts|tsx|proto|md)$/.test(file) && !EXEMPT.test(file) && existsSync(join(ROOT, file)),
    )
}

function checkName(file: string): readonly string[] {
  return basename(file)
    .split(/[-.]/)
    .flatMap((part) => describe(file, 'file name', part, RETIRED_PARTS[part]))
}

function checkText(file: string, text: string): readonly string[] {
  if (file.endsWith('.md'))
    return checkProse(file, text.replaceAll(/```[\s\S]*?```/g, blank).replaceAll(/`[^`\n]*`/g, blank))
  if (file.endsWith('.proto')) return checkProse(file, commentsOf(text))
  return [...checkIdentifiers(file, text), ...checkProse(file, commentsOf(text)), ...checkTitles(file, text)]
}

function checkIdentifiers(file: string, text: string): readonly string[] {
  const names = new Set(
    tokensOf(readableSource(file, text)).flatMap(({ kind, text: name }) => (kind === 'word' ? [name] : [])),
  )
  return [...names].flatMap((name) => {
    const term = retiredTerm(name.replace(/^#/, ''))
    return describe(file, 'identifier', name, term)
  })
}

function retiredTerm(name: string): string | undefined {
  const whole = Object.hasOwn(RETIRED_NAMES, name) ? RETIRED_NAMES[name] : undefined
  const parts = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
  return (
    whole ??
    parts.map((part) => (Object.hasOwn(RETIRED_PARTS, part) ? RETIRED_PARTS[part] : undefined)).find(Boolean)
  )
}

function checkProse(file: string, text: string, firstLine = 1): readonly string[] {
  return RIDDLES.flatMap((riddle) =>
    [...text.matchAll(riddle)].map((match) => {
      const line = firstLine + text.slice(0, match.index).split('\n').length - 1
      return `${file}:${line}: name the thing instead of ${JSON.stringify(match[0].trim())}`
    }),
  )
}

/** Checks titles of tests: the first argument of `test(...)`, or of the function that `test.each(...)` returns. */
function checkTitles(file: string, source: string): readonly string[] {
  const TITLE = /(?:\b(?:describe|it|test)(?:\.\w+)?|\))\(\s*(['`])(?<title>(?:\\[\s\S]|(?!\1)[^\\])*)\1/g
  return [...source.matchAll(TITLE)].flatMap(({ groups, index }) => {
    const line = source.slice(0, index).split('\n').length
    return checkProse(file, groups?.['title'] ?? '', line)
  })
}

/** The comments of a source, every other character blanked, so that line numbers stay. */
function commentsOf(source: string): string {
  const COMMENT = /(['"`])(?:\\[\s\S]|(?!\1)[^\\\n])*\1|(\/\/[^\n]*|\/\*[\s\S]*?\*\/)/g
  let comments = ''
  let end = 0
  for (const match of source.matchAll(COMMENT)) {
    if (match[2] === undefined) continue
    comments += blank(source.slice(end, match.index)) + match[2]
    end = match.index + match[0].length
  }
  return comments
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ')
}

function describe(file: string, kind: string, name: string, term: string | undefined): readonly string[] {
  return term === undefined ? [] : [`${file}: ${kind} ${name}: say ${term}`]
}

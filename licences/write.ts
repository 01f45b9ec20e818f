import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findReleaseDate, formatList, OFFLINE, readDependencies, releaseDates } from './dependencies.ts'
import { formatNotice } from './notice.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { offline: { type: 'boolean', default: false } },
})
const [folder = fileURLToPath(new URL('out', import.meta.url))] = positionals

const dependencies = readDependencies(ROOT)
const dates = values.offline ? new Map<string, string>() : await releaseDates(dependencies, findReleaseDate)
mkdirSync(folder, { recursive: true })
const [list, notice] = [join(folder, 'dependencies.tsv'), join(folder, 'NOTICE')]
writeFileSync(list, formatList(dependencies, dates))
writeFileSync(notice, formatNotice(ROOT, fileURLToPath(new URL('texts', import.meta.url)), dependencies))
console.log(`wrote ${dependencies.length} packages to ${list} and ${notice}`)
if (values.offline || [...dates.values()].includes(OFFLINE)) {
  console.log('release dates are missing: run this again where the npm registry can be reached')
}

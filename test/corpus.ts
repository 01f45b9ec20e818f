/**
 * Runs real documents through a real server: `node test/corpus.ts <folder> [--verbose]`. Each one must come out as
 * it went in, but for the normalisations that are listed, and translate to every other dialect. Then calls each operation
 * of the API documents that are there, and checks every response against its schema.
 */
import { parseArgs } from 'node:util'
import { explain } from '../src/cli/failure.ts'
import { dialects } from '../src/registry.ts'
import { openCalls } from './corpus/calls.ts'
import { type CorpusDocument, documentsIn } from './corpus/documents.ts'
import { compare } from './corpus/normalisations.ts'
import { startThrowawayDatabase } from './corpus/postgres.ts'
import { roundTrip } from './corpus/round-trip.ts'
import { fixtures, type Way } from './support/dialect-fixtures.ts'
import { startServerProcess } from './support/server.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
})
const [folder] = positionals
if (folder === undefined) {
  console.error('usage: node test/corpus.ts <folder> [--verbose]')
  process.exit(2)
}

await using database = await startThrowawayDatabase()
await using server = await startServerProcess({ databaseUrl: database.url })
using calls = await openCalls(server.address)

const names = [...dialects.keys()].sort()
const results: boolean[] = []
for (const document of await documentsIn(folder, names)) {
  const name = `${document.dialect}/${document.name}`
  if ('skip' in document.plan) {
    console.log(`skipped ${name}: ${document.plan.skip}`)
    continue
  }
  const problems = await problemsOf(document, document.plan.way).catch((error: unknown) => explain(error))
  printResult(name, problems)
}
await calls.clear()
for (const { corpus } of fixtures.values()) {
  for (const { name, problems } of (await corpus?.tryApi?.(folder, server.url)) ?? [])
    printResult(name, problems)
}
const passed = results.filter((result) => result).length
console.log(`${passed} passed, ${results.length - passed} failed`)
// A corpus without a document proves nothing.
process.exitCode = passed === results.length && passed > 0 ? 0 : 1

async function problemsOf(document: CorpusDocument, way: Way): Promise<readonly string[]> {
  const { dialect } = document
  await calls.clear()
  const { before, after, content } = await roundTrip(calls, document, way)
  const { unexplained, explained } = compare(dialect, before, after)
  for (const line of explained) printVerbose(`  normalised ${line}`)
  const problems = unexplained.map((path) => `${path} differs`)
  for (const other of names.filter((one) => one !== dialect)) {
    try {
      const losses = await calls.translate(dialect, other, content)
      for (const { path, detail } of losses) printVerbose(`  to ${other} ${path}: ${detail}`)
    } catch (error) {
      // Other dialects have no totals.
      if (way !== 'history') problems.push(`to ${other}: ${explain(error).join('; ')}`)
    }
  }
  return problems
}

function printResult(name: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? 'passed ' : 'FAILED '} ${name}`)
  for (const problem of problems) console.log(`  ${problem}`)
  results.push(problems.length === 0)
}

function printVerbose(line: string): void {
  if (values.verbose) console.log(line)
}

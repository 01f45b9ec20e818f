import { globSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { tokensOf } from './support/source-imports.ts'

/*
 * No code outside adapters/ names a dialect: neither in an identifier nor in a string. Comments, protos, samples and READMEs may.
 * What a suite needs of a dialect comes from the fixtures of that dialect.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files that still name dialects and are to use fixtures, or to move into an adapter's folder. Only ever remove lines. */
const STILL_TO_MOVE: readonly string[] = [
  'src/auth/authenticator.test.ts',
  'src/cli/demo.ts',
  'src/config.test.ts',
  'src/grpc/convert/violations.test.ts',
  'src/grpc/document-stream.test.ts',
  'src/grpc/list-progress.test.ts',
  'src/model/apply-report.test.ts',
  'src/model/instant.test.ts',
  'src/model/principal.test.ts',
  'src/service/progress/writer/response-text.test.ts',
  'test/e2e/cli-large.test.ts',
  'test/e2e/cli-offline.test.ts',
  'test/e2e/cli-pull-content.test.ts',
  'test/e2e/cli-pull-faults.test.ts',
  'test/e2e/cli-pull.test.ts',
  'test/e2e/cli.test.ts',
  'test/e2e/closed-output.test.ts',
  'test/e2e/host-check.test.ts',
  'test/e2e/hostile-streams.test.ts',
  'test/e2e/hostile-totals.test.ts',
  'test/e2e/hostile-wire.test.ts',
  'test/e2e/misspelt-settings.test.ts',
  'test/e2e/reflection.test.ts',
  'test/e2e/relay-accounts.test.ts',
  'test/e2e/relay-answers.test.ts',
  'test/e2e/relay-changes.test.ts',
  'test/e2e/relay-chaos.test.ts',
  'test/e2e/relay-laurel.test.ts',
  'test/e2e/relay-neighbours.test.ts',
  'test/e2e/shutdown.test.ts',
  'test/e2e/tls.test.ts',
  'test/gateways/across.test.ts',
  'test/gateways/stat-bound.test.ts',
  'test/outbound-credentials.test.ts',
  'test/store/achievements/definitions.test.ts',
  'test/store/community/community.test.ts',
  'test/store/destinations/destinations.test.ts',
  'test/store/destinations/test-destination.test.ts',
  'test/store/destinations/waiting-deliveries.test.ts',
  'test/store/exchange/exchange.test.ts',
  'test/store/exchange/import-stats.test.ts',
  'test/store/exchange/merging-exports.test.ts',
  'test/store/exchange/merging.test.ts',
  'test/store/progress/progress.test.ts',
  'test/store/titles/title-bindings.test.ts',
  'test/support/bound-title.ts',
  'test/support/documents.ts',
  'test/support/platforms.ts',
  'test/support/rpc-requests.ts',
]

const dialects = readdirSync(`${ROOT}/adapters`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const files = globSync('{src,test,proto}/**/*.ts', { cwd: ROOT })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.startsWith('src/gen/') && !STILL_TO_MOVE.includes(file))

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

  test('by every file that is not on the list', () => {
    const named = files.map((file) => [file, namesIn(readFileSync(`${ROOT}/${file}`, 'utf8'))] as const)
    expect(named.length).toBeGreaterThan(200)
    expect(named.filter(([, names]) => names.length > 0)).toEqual([])
  })

  test.each(STILL_TO_MOVE)('and %s is on the list because it names one', (file) => {
    expect(namesIn(readFileSync(`${ROOT}/${file}`, 'utf8'))).not.toEqual([])
  })
})

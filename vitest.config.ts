import { existsSync, statfsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const MEMORY_FOLDER = '/dev/shm'
const MIN_FREE_BYTES = 8 * 2 ** 30

// Postgres writes about 300 files for each test database: in memory that takes a tenth of the time that a disk takes.
if (process.env['TMPDIR'] === undefined && freeBytesOf(MEMORY_FOLDER) >= MIN_FREE_BYTES) {
  process.env['TMPDIR'] = MEMORY_FOLDER
}

function freeBytesOf(folder: string): number {
  if (!existsSync(folder)) return 0
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

const MAX_MILLISECONDS = 900_000 * Math.max(1, Number(process.env['TEST_FUZZ_FACTOR'] ?? 1))

const ALL = {
  // A worker process runs many files and loads the modules that they share once: half of the CPU of a run was loading.
  isolate: false,
  setupFiles: 'test/support/seed.ts',
  // These bounds time nothing: they end a test that hangs, on the slowest machine too. A larger TEST_FUZZ_FACTOR takes longer.
  testTimeout: MAX_MILLISECONDS,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 600_000, interval: 25 } },
}
const POSTGRES = { ...ALL, globalSetup: 'test/support/global-postgres.ts' }
/** A gateway's tests run against a real server, and so need Postgres. */
const GATEWAYS = 'adapters/*/gateway/**/*.test.ts'
/** Tests of one dialect that need the whole program. */
const E2E = 'adapters/*/e2e/**/*.test.ts'

export default defineConfig({
  test: {
    teardownTimeout: 600_000,
    // Twice the cores, because the files that start servers mostly wait; with more, each costs more CPU. All share one Postgres
    // with 400 connections, and a file takes up to forty.
    maxWorkers: Math.min(8, 2 * availableParallelism()),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'adapters/**/*.test.ts', 'test/*.test.ts'],
          exclude: [GATEWAYS, E2E],
          ...ALL,
        },
      },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...ALL } },
      { test: { name: 'store', include: ['test/store/**/*.test.ts'], ...POSTGRES } },
      { test: { name: 'gateways', include: ['test/gateways/**/*.test.ts', GATEWAYS], ...POSTGRES } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts', E2E], ...POSTGRES } },
    ],
  },
})

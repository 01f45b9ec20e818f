import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const ALL = {
  setupFiles: 'test/support/seed.ts',
  // Nothing is timed by these: they end what hangs, on the slowest machine too.
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 600_000, interval: 25 } },
}
const POSTGRES = { ...ALL, globalSetup: 'test/support/global-postgres.ts' }
/** A gateway's tests run against a real server, and so need Postgres. */
const GATEWAYS = 'adapters/*/gateway/**/*.test.ts'

export default defineConfig({
  test: {
    teardownTimeout: 600_000,
    // All share one Postgres, which has a hundred connections: a file takes up to forty, though hardly ever all at once.
    maxWorkers: Math.max(1, Math.min(3, availableParallelism() - 1)),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'adapters/**/*.test.ts', 'test/*.test.ts'],
          exclude: [GATEWAYS],
          ...ALL,
        },
      },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...ALL } },
      { test: { name: 'store', include: ['test/store/**/*.test.ts'], ...POSTGRES } },
      { test: { name: 'gateways', include: ['test/gateways/**/*.test.ts', GATEWAYS], ...POSTGRES } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...POSTGRES } },
    ],
  },
})

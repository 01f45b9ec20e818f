import { defineConfig } from 'vitest/config'

/** Nothing is timed by these: they end what hangs, on the slowest machine too. */
const HANGS = {
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 600_000, interval: 25 } },
}
const POSTGRES = { ...HANGS, globalSetup: 'test/support/global-postgres.ts' }

export default defineConfig({
  test: {
    teardownTimeout: 600_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'adapters/**/*.test.ts', 'test/*.test.ts'],
          ...HANGS,
        },
      },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...HANGS } },
      { test: { name: 'store', include: ['test/store/**/*.test.ts'], ...POSTGRES } },
      { test: { name: 'gateways', include: ['test/gateways/**/*.test.ts'], ...POSTGRES } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...POSTGRES } },
    ],
  },
})

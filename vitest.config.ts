import { defineConfig } from 'vitest/config'

const POSTGRES = { globalSetup: 'test/support/global-postgres.ts', testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'adapters/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'store', include: ['test/store/**/*.test.ts'], ...POSTGRES } },
      { test: { name: 'gateways', include: ['test/gateways/**/*.test.ts'], ...POSTGRES } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...POSTGRES } },
    ],
  },
})

import fc from 'fast-check'

/** The same cases in each run, so that a change is judged by what it changes: TEST_SEED, any integer, looks for others. */
fc.configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? 1) })

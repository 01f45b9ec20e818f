import fc from 'fast-check'

/** Every run generates the same cases, so that a new failure is due to a change. TEST_SEED, any integer, generates others. */
fc.configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? 1) })

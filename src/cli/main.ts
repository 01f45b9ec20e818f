import '../compile-cache.ts'

// Loaded after that, so that its modules are read from the compile cache.
await import('./program.ts')

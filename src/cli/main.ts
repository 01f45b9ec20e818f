import '../compile-cache.ts'

// All else is loaded after that.
await import('./program.ts')

import './compile-cache.ts'

// Imported dynamically, so that the cache is enabled first.
await import('./serve.ts')

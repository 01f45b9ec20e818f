import { enableCompileCache } from 'node:module'

// Before all else is loaded, which takes most of a short command: from the second one on it is compiled already.
enableCompileCache()
await import('./program.ts')

import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Most of the start time is loading modules; the cache speeds up later starts. Node's default folder can belong to
// another user of the machine, whose code would then run; this folder is as safe as the code. If it is not writable,
// nothing is cached.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/laurel'))

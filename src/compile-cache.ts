import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Most of a start is loading: from the second one on all is compiled already. Node's own choice is a folder that whoever
// comes first on this machine may own, and then what they put there is run; this one is as safe as the code. Where it
// cannot be written to, all is compiled each time.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/laurel'))

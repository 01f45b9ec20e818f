// npm runs this after an install. Plain JavaScript that any Node reads: an installation without development dependencies has no
// bundler, and may run it with an older Node.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const isInstalled = existsSync(join(__dirname, '../../node_modules/rolldown'))
if (isInstalled) void import('./build.ts')

// Preloaded with `node -r` by the scripts of package.json. Plain JavaScript that any Node reads: an older one would end
// with a stack trace about the first file of TypeScript.
const { engines } = require('../package.json')

const needed = Number.parseInt(engines.node.replace(/\D+/, ''), 10)
if (Number.parseInt(process.versions.node, 10) < needed) {
  console.error(
    `laurel: needs Node ${needed} or newer, and this is ${process.version} (${process.execPath}): put a newer one first in PATH`,
  )
  process.exit(1)
}

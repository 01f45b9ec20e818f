import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUNDLE = fileURLToPath(new URL('../../src/console/dist/', import.meta.url))

/** Builds the bundle if there is none: `npm ci` has made it, but a checkout may have been cleaned. */
export async function ensureBundle(): Promise<void> {
  if (!existsSync(`${BUNDLE}index.html`)) await import('../../src/console/build.ts')
}

/** Returns the compressed size of the files that a browser loads before the first page appears, in bytes. */
export function initialBytes(): number {
  const index = readFileSync(`${BUNDLE}index.html`, 'utf8')
  const named = [...index.matchAll(/\/console\/(assets\/[^"]+)/g)].map(([, file = '']) => file)
  const seen = new Set<string>()
  const visit = (file: string) => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(BUNDLE + file, 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)/g))
      visit(`assets/${name}`)
  }
  for (const file of named) visit(file)
  return (
    gzipSync(index).length +
    [...seen].reduce((sum, file) => sum + gzipSync(readFileSync(BUNDLE + file)).length, 0)
  )
}

/**
 * Writes src/gen from proto/, offline. With `--check`, writes nothing and fails if src/gen is not what it would write.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const GENERATED = 'src/gen'

if (process.argv.includes('--check')) check()
else generate(ROOT)

function check(): void {
  const fresh = mkdtempSync(join(tmpdir(), 'laurel-gen-'))
  try {
    generate(fresh)
    const differing = difference(filesIn(join(ROOT, GENERATED)), filesIn(join(fresh, GENERATED)))
    if (differing.length === 0) return
    console.error(
      `${GENERATED} is not what proto/ generates: run \`npm run gen\`\n  ${differing.join('\n  ')}`,
    )
    process.exitCode = 1
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function generate(output: string): void {
  execFileSync(join(ROOT, 'node_modules/.bin/buf'), ['generate', '--output', output], {
    cwd: ROOT,
    stdio: 'inherit',
  })
}

function difference(
  kept: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): readonly string[] {
  if (fresh.size === 0) throw new Error('buf generated nothing')
  const paths = [...new Set([...kept.keys(), ...fresh.keys()])].sort()
  return paths.filter((path) => kept.get(path) !== fresh.get(path))
}

function filesIn(directory: string): ReadonlyMap<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  )
  return new Map(paths.map((path) => [path, readFileSync(join(directory, path), 'utf8')]))
}

/**
 * Fails if proto/ breaks callers of the last release: buf's WIRE_JSON rules against the last git tag. Passes where
 * there is none: before the first release, and in a clone without tags.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
/** What the protos import from node_modules, which no tag holds. */
const IMPORTED = 'node_modules/google-proto-files/google/rpc'

const tag = lastTag()
if (tag === undefined) console.log('breaking: no base yet')
else compareWith(tag)

function lastTag(): string | undefined {
  try {
    const tag = git(['describe', '--tags', '--abbrev=0']).toString().trim()
    return git(['ls-tree', tag, 'proto']).length > 0 ? tag : undefined
  } catch {
    return undefined
  }
}

function compareWith(tag: string): void {
  const base = mkdtempSync(join(tmpdir(), 'laurel-breaking-'))
  try {
    execFileSync('tar', ['-x', '-C', base], { input: git(['archive', tag, 'proto']) })
    cpSync(join(ROOT, 'buf.yaml'), join(base, 'buf.yaml'))
    cpSync(join(ROOT, IMPORTED), join(base, IMPORTED), { recursive: true })
    execFileSync(join(ROOT, 'node_modules/.bin/buf'), ['breaking', '--against', base], {
      cwd: ROOT,
      stdio: 'inherit',
    })
    console.log(`breaking: nothing since ${tag}`)
  } catch (error) {
    if (typeof error !== 'object' || error === null || !('status' in error)) throw error
    console.error(`breaking: proto/ breaks callers of ${tag}`)
    process.exitCode = 1
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

function git(args: readonly string[]): Buffer {
  return execFileSync('git', args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 2 ** 20,
  })
}

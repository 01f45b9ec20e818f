import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The last version of the changelog. A release replaces all three. */
export const LAST_VERSION = {
  version: '0.1.0',
  commit: '98fc1efa33d835fbd896dd31fa8f54dd667ee1a8',
  /** Whether its servers serve on while servers of this version have migrated the database: see src/store/README.md. */
  servesOnNewSchema: false,
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

export interface Checkout extends AsyncDisposable {
  readonly directory: string
}

/**
 * Returns the sources of the last version, with the packages of this one. Undefined without the repository's history, as in a
 * shallow clone.
 */
export async function checkOutLastVersion(): Promise<Checkout | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'laurel-last-'))
  const archive = join(directory, 'sources.tar')
  const dispose = () => rm(directory, { recursive: true, force: true })
  try {
    await run('git', ['archive', '--output', archive, LAST_VERSION.commit], { cwd: ROOT })
  } catch {
    await dispose()
    return undefined
  }
  await run('tar', ['-xf', archive, '-C', directory])
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  return { directory, [Symbol.asyncDispose]: dispose }
}

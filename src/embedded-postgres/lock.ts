import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { EmbeddedPostgresError, hasCode } from './error.ts'
import { startTimeOf } from './process.ts'

/** Locks a data directory for this process. The lock of a dead process is replaced. @returns the function that unlocks it */
export async function lockDirectory(file: string, directory: string): Promise<() => Promise<void>> {
  const own = JSON.stringify({ pid: process.pid, started: await startTimeOf(process.pid), id: randomUUID() })
  for (;;) {
    if (await create(file, own)) return () => unlock(file, own)
    const existing = await read(file)
    if (existing === undefined) continue
    const owner = await runningOwner(existing)
    if (owner !== undefined) {
      throw new EmbeddedPostgresError(
        `data directory ${directory} is in use by process ${owner}: stop it, or set LAUREL_DATA_DIR to another directory`,
      )
    }
    await removeStale(file, existing)
  }
}

/** Writes another file and links it, so that a lock is never read half-written. @returns false if a lock exists */
async function create(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, content, { mode: 0o600 })
  try {
    await link(temporary, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Removes the lock of a dead process, and puts it back if another process has replaced it meanwhile. */
async function removeStale(file: string, stale: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`
  try {
    await rename(file, temporary)
    if ((await read(temporary)) !== stale) await link(temporary, file)
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

async function unlock(file: string, own: string): Promise<void> {
  if ((await read(file)) === own) await rm(file, { force: true })
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function runningOwner(lock: string): Promise<number | undefined> {
  const { pid, started } = parseOwner(lock)
  const running = pid === undefined ? undefined : await startTimeOf(pid)
  return running !== undefined && running === started ? pid : undefined
}

/** A full disk or a crash may have truncated the file. */
function parseOwner(lock: string): { readonly pid?: number; readonly started?: string } {
  try {
    return JSON.parse(lock) as { pid?: number; started?: string }
  } catch {
    return {}
  }
}

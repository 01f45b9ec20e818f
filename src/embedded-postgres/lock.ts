import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { EmbeddedPostgresError, hasCode } from './error.ts'
import { startMark } from './process-identity.ts'

/**
 * Makes this process the only Laurel that uses a data directory, until the returned function is called or the
 * process is gone, however it went: a lock whose owner no longer runs is taken over.
 */
export async function lockDirectory(file: string, directory: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, started: await startMark(process.pid), id: randomUUID() })
  for (;;) {
    if (await place(file, mine)) return () => release(file, mine)
    const held = await read(file)
    if (held === undefined) continue
    const owner = await livingOwner(held)
    if (owner !== undefined) {
      throw new EmbeddedPostgresError(
        `data directory ${directory} is in use by process ${owner}: stop it, or set LAUREL_DATA_DIR to another directory`,
      )
    }
    await discard(file, held)
  }
}

/** Written aside and linked, so that nobody ever reads half a lock. */
async function place(file: string, content: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`
  await writeFile(aside, content, { mode: 0o600 })
  try {
    await link(aside, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

/** Takes a dead owner's lock away; puts it back if another process was quicker and it is no longer that one. */
async function discard(file: string, held: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
    if ((await read(aside)) !== held) await link(aside, file)
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error
  } finally {
    await rm(aside, { force: true })
  }
}

async function release(file: string, mine: string): Promise<void> {
  if ((await read(file)) === mine) await rm(file, { force: true })
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function livingOwner(held: string): Promise<number | undefined> {
  const { pid, started } = parseOwner(held)
  const running = pid === undefined ? undefined : await startMark(pid)
  return running !== undefined && running === started ? pid : undefined
}

/** A file cut short by a full disk or a crash names nobody. */
function parseOwner(held: string): { readonly pid?: number; readonly started?: string } {
  try {
    return JSON.parse(held) as { pid?: number; started?: string }
  } catch {
    return {}
  }
}

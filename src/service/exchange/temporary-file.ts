import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryFile {
  write(chunk: Uint8Array): Promise<void>
  read(): AsyncIterable<Uint8Array>
  remove(): Promise<void>
}

/**
 * Opens a file in the folder, by default the system's for temporary files. Unlinks it at once where the system allows it, so
 * that even a killed server leaves no document behind.
 */
export async function openTemporaryFile(parent: string = tmpdir()): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(parent, 'laurel-document-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  const handle = await open(join(folder, 'document.json'), 'w+', 0o600).catch(async (error: unknown) => {
    await removeFolder()
    throw error
  })
  if (process.platform !== 'win32') await removeFolder()
  return {
    write: async (chunk) => void (await handle.writeFile(chunk)),
    read: () => handle.createReadStream({ start: 0, autoClose: false }),
    remove: async () => {
      await handle.close()
      await removeFolder()
    },
  }
}

/** Returns whether the error says that the folder, or a quota on it, is full. */
export function isFolderFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

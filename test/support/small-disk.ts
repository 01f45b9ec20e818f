import { execFileSync } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataFolder } from './data-folder.ts'

/** A file system of 300 MiB. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  /** Why it cannot be mounted here; undefined where it can. */
  readonly missing: string | undefined
  /** Fills it; returns how to make room again. */
  fill(): Promise<() => Promise<void>>
}

export async function mountSmallDisk(): Promise<SmallDisk> {
  const folder = await createDataFolder('full')
  let missing: string | undefined
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=755', 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    missing = `a small file system cannot be mounted: ${(error as Error).message}`
  }
  return {
    folder,
    missing,
    async fill() {
      const path = join(folder, 'ballast')
      const file = await open(path, 'w')
      for (let bytes = 2 ** 20; bytes >= 1024; ) {
        await file.write(Buffer.alloc(bytes, 'x')).catch(() => {
          bytes /= 2
        })
      }
      await file.close()
      return () => rm(path)
    },
    async [Symbol.asyncDispose]() {
      if (missing === undefined) execFileSync('umount', ['-l', folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Config } from '../../config.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const GIBIBYTE = 2 ** 30
const LOW_BYTES = 2 * GIBIBYTE

/** Checks the folders that the server writes. */
export function checkDisk({ databaseUrl, dataDirectory, spool }: Config): readonly Finding[] {
  return [
    ...(databaseUrl === undefined ? [checkFolder('data folder', dataDirectory, LOW_BYTES)] : []),
    checkFolder('spool folder', spool.folder ?? tmpdir(), spool.maxTotalBytes),
  ]
}

/** A folder that does not exist is created by the server, so its nearest parent counts. */
function checkFolder(check: string, folder: string, neededBytes: number): Finding {
  let path = resolve(folder)
  while (!existsSync(path)) path = dirname(path)
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(path)
    const free = `${folder} has ${((bavail * bsize) / GIBIBYTE).toFixed(1)} GiB free`
    if (bavail * bsize >= neededBytes) return ok(check, free)
    return warn(check, `${free}, and may need ${(neededBytes / GIBIBYTE).toFixed(1)} GiB: make room`)
  } catch (error) {
    return fail(check, `${folder} cannot be written: ${reasonOf(error)}`)
  }
}

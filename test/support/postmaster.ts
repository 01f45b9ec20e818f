import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Returns the process id of the Postgres that runs on a data folder. */
export async function postmasterIn(dataFolder: string): Promise<number> {
  const [pid] = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

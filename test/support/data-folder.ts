import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Creates a folder for the data of an embedded Postgres. When root runs the tests, another user runs Postgres, who can enter it. */
export async function createDataFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `laurel-${name}-`))
  await chmod(folder, 0o755)
  return folder
}

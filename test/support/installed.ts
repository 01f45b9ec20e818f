import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** Returns why a test cannot run here if a program or a file that it needs is not installed; undefined where it can. */
export function missingOf(...needed: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const isInstalled = (name: string) =>
    isAbsolute(name) ? existsSync(name) : folders.some((folder) => existsSync(join(folder, name)))
  const missing = needed.filter((name) => !isInstalled(name))
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`
}

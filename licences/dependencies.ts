import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A package of a production install, on any platform. */
export interface Dependency {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly licence: string
  /** Where npm installs it, below the root of the project. */
  readonly path: string
  /** False for an optional package of another platform. */
  readonly isInstalled: boolean
}

interface LockedPackage {
  readonly name?: string
  readonly version: string
  readonly license?: string
  /** Set for packages that only development dependencies need. */
  readonly dev?: boolean
}

/** Returns the packages that the lock file installs without development dependencies, in order of their path. */
export function readDependencies(root: string): readonly Dependency[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>
  }
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, locked]) => {
      const name = locked.name ?? (path.split('node_modules/').at(-1) as string)
      const isInstalled = existsSync(join(root, path, 'package.json'))
      const licence = locked.license ?? (isInstalled ? declaredLicence(join(root, path)) : '')
      if (licence === '')
        throw new Error(`${path} declares no licence: find out what it is, and name it here`)
      return { name, version: locked.version, licence, path, isInstalled }
    })
}

/** The licence of a package that states it in the older form of an object, which lock files leave out. */
function declaredLicence(folder: string): string {
  const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly license?: string | { readonly type?: string }
  }
  return (typeof license === 'string' ? license : license?.type) ?? ''
}

/** Returns the release date of a version as `YYYY-MM-DD`; undefined if the registry does not know it. @throws offline */
export type FindReleaseDate = (name: string, version: string) => Promise<string | undefined>

const TIMEOUT_MILLISECONDS = 30_000

/** Asks the configured registry through npm. */
export const findReleaseDate: FindReleaseDate = async (name, version) => {
  const options = ['view', name, 'time', '--json', '--fetch-retries=0']
  const { stdout } = await promisify(execFile)('npm', options, { timeout: TIMEOUT_MILLISECONDS })
  const times = JSON.parse(stdout) as Readonly<Record<string, string>>
  return times[version]?.slice(0, 10)
}

/** In place of a date, once a request to the registry failed: further requests would only wait for their timeouts. */
export const OFFLINE = 'unknown: the registry did not respond'
const UNKNOWN = 'unknown'

/** Returns the release date of each dependency, by name and version, asking for one package after the other. */
export async function releaseDates(
  dependencies: readonly Dependency[],
  find: FindReleaseDate,
): Promise<ReadonlyMap<string, string>> {
  const dates = new Map<string, string>()
  let isOffline = false
  for (const { name, version } of dependencies) {
    const key = `${name}@${version}`
    if (dates.has(key)) continue
    const date = isOffline
      ? OFFLINE
      : await find(name, version).catch(() => {
          isOffline = true
          return OFFLINE
        })
    dates.set(key, date ?? UNKNOWN)
  }
  return dates
}

/** Returns the list as lines of tab-separated values, with a header. */
export function formatList(dependencies: readonly Dependency[], dates: ReadonlyMap<string, string>): string {
  const rows = dependencies.map(({ name, version, licence, isInstalled }) => [
    name,
    version,
    licence,
    dates.get(`${name}@${version}`) ?? UNKNOWN,
    isInstalled ? 'yes' : 'no: of another platform',
  ])
  const lines = new Set(
    [['name', 'version', 'licence', 'released', 'installed'], ...rows].map((row) => row.join('\t')),
  )
  return `${[...lines].join('\n')}\n`
}

import type { RequestHead } from '../../../src/http/gateway.ts'
import type { DefinitionShape } from '../facts.ts'

/** Versions that served achievements. Source: https://discord.com/developers/docs/reference#api-versioning */
const VERSIONS = [6, 7, 8, 9, 10] as const
export type ApiVersion = (typeof VERSIONS)[number]

/** The version of a path without one, as at Discord. */
const DEFAULT_VERSION: ApiVersion = 6

const BASE = '/discord/api'
export const API_MOUNTS: readonly string[] = [BASE, ...VERSIONS.map((version) => `${BASE}/v${version}`)]

export function versionOf({ mount, path }: RequestHead): ApiVersion {
  const named = versionNamed(mount || path)
  return VERSIONS.find((version) => version === named) ?? DEFAULT_VERSION
}

/** Whether a path names a version that there is not: v3 to v5 have ended, others never began. */
export function namesUnknownVersion({ path }: RequestHead): boolean {
  const named = versionNamed(path)
  return named !== undefined && !VERSIONS.some((version) => version === named)
}

/** The shape of a definition in each version. */
export function shapeOf(version: ApiVersion): DefinitionShape {
  return version >= 10 ? 'v10' : 'v6'
}

/** Up to v7 a wait is counted in milliseconds, from v8 on in seconds. */
export function waitsInMilliseconds(version: ApiVersion): boolean {
  return version < 8
}

function versionNamed(path: string): number | undefined {
  const [, digits] = /^\/discord\/api\/v(\d{1,9})(?:\/|$)/.exec(path) ?? []
  return digits === undefined ? undefined : Number(digits)
}

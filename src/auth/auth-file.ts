import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { decodeSegment, encodeSegment, type GrantedPermission } from '../model/granted-permission.ts'
import type { JsonValue } from '../model/json.ts'
import { repeatedMember, STANDS_TWICE } from '../service/json.ts'

/** Asymmetric signatures only: with a shared secret, a verifier could also issue tokens. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

const permission = z.strictObject({
  resource: z
    .string()
    .regex(/^(ADMIN:)?(NAMESPACE:|\*)/, 'must begin with NAMESPACE: or ADMIN:NAMESPACE:')
    .refine(
      (resource) => resource.split(':').every((segment) => decodeSegment(segment) !== undefined),
      'must be percent-encoded: write % as %25',
    ),
  action: z.int().min(1).max(15),
})

const scope = {
  /** Laurel's ids of the accessible titles, as plain text; all titles if left out. */
  titles: z.array(z.string().min(1)).min(1).optional(),
  /** Replaces the default permissions of the principal's kind. */
  rights: z.array(permission).optional(),
  /** How many calls each caller may start in a second, on each process; a player 50 if left out, others any number. */
  callsPerSecond: z.int().min(1).max(1_000_000).optional(),
}

const issuer = z.strictObject({
  issuer: z.string().min(1),
  audience: z.string().min(1),
  /** An https URL, or a file beside the configuration. */
  jwks: z.string().min(1),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1),
  principal: z.enum(['player', 'service', 'operator']),
  /** The meaning of a player's `sub`: `laurel` for a player id, or the dialect of an account id. */
  subject: z.string().min(1).default('laurel'),
  /** The meaning of namespaces in the token's `permissions`: `laurel` for title ids, or a dialect for its bindings. */
  namespaces: z.string().min(1).default('laurel'),
  /** The console's client id at the issuer; left out: no sign-in to the console there. */
  consoleClientId: z.string().min(1).optional(),
  /** The scope that the console requests; `openid` if left out. */
  consoleScope: z.string().min(1).optional(),
  ...scope,
})

const key = z.strictObject({
  name: z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters'),
  /** SHA-256 of the key, in hex: only the holder has the key itself. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  principal: z.enum(['service', 'operator']),
  ...scope,
})

const authFile = z
  .strictObject({ issuers: z.array(issuer).default([]), keys: z.array(key).default([]) })
  .refine(({ issuers, keys }) => issuers.length + keys.length > 0, 'names neither an issuer nor a key')

export type AuthSettings = z.infer<typeof authFile>
export type IssuerSettings = z.infer<typeof issuer>
export type KeySettings = z.infer<typeof key>

/** An invalid auth file. The message names the location, never the content. */
export class AuthFileError extends Error {
  override readonly name = 'AuthFileError'
}

/**
 * Reads the auth file. A `subject` must be `laurel` or a dialect, because players have accounts in dialects only.
 * @throws AuthFileError listing all problems.
 */
export function readAuthFile(file: string, dialects: Iterable<string>): AuthSettings {
  const result = authFile.safeParse(readJson(file))
  const problems = result.success
    ? problemsWithSubjects(result.data, ['laurel', ...dialects])
    : result.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
  if (result.success && problems.length === 0) return result.data
  throw new AuthFileError(`${file}: ${problems.join('; ')}`)
}

function problemsWithSubjects({ issuers }: AuthSettings, known: readonly string[]): string[] {
  return issuers.flatMap((issuer, index) =>
    (['subject', 'namespaces'] as const)
      .filter((name) => !known.includes(issuer[name]))
      .map((name) => `issuers.${index}.${name}: must be one of ${known.join(', ')}`),
  )
}

function readJson(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new AuthFileError(`${file} cannot be read: ${(error as { readonly code?: string }).code}`)
  }
  let json: JsonValue
  try {
    json = JSON.parse(text)
  } catch {
    throw new AuthFileError(`${file} is not JSON`)
  }
  const repeated = repeatedMember(text, json)
  if (repeated !== undefined) throw new AuthFileError(`${file}: ${repeated.join('.')}: ${STANDS_TWICE}`)
  return json
}

/** Returns the permissions of a kind of principal on its titles. */
export function permissionsOf({
  principal,
  titles,
  rights,
}: {
  readonly principal: 'service' | 'operator'
  readonly titles?: readonly string[] | undefined
  readonly rights?: readonly GrantedPermission[] | undefined
}): readonly GrantedPermission[] {
  if (rights !== undefined) return rights
  const action = principal === 'operator' ? 15 : 7
  return namespacesOf(titles).map((title) => ({ resource: `ADMIN:NAMESPACE:${title}:*`, action }))
}

/** Returns the namespace segments of permissions on these titles. */
export function namespacesOf(titles: readonly string[] | undefined): readonly string[] {
  return titles?.map(encodeSegment) ?? ['*']
}

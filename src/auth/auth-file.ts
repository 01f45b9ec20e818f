import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Right } from '../model/principal.ts'

/** Signatures that are checked with a public key. Of shared secrets, whoever checks could make tokens too. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const

const right = z.strictObject({
  resource: z.string().regex(/^(ADMIN:)?(NAMESPACE:|\*)/, 'must begin with NAMESPACE: or ADMIN:NAMESPACE:'),
  action: z.int().min(1).max(15),
})

const scope = {
  /** The titles that it reaches, by Laurel's ids; all of them where it is left out. */
  titles: z.array(z.string().min(1)).min(1).optional(),
  /** In place of those that its kind has. */
  rights: z.array(right).optional(),
}

const issuer = z.strictObject({
  issuer: z.string().min(1),
  audience: z.string().min(1),
  /** An https URL, or a file beside the configuration. */
  jwks: z.string().min(1),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1),
  principal: z.enum(['player', 'service', 'operator']),
  /** Whose id a player's `sub` is: `laurel`, or the dialect whose account it is. */
  subject: z.string().min(1).default('laurel'),
  /** Whose names the namespaces of the token's `permissions` are: `laurel`'s title ids, or a dialect's bindings. */
  namespaces: z.string().min(1).default('laurel'),
  ...scope,
})

const key = z.strictObject({
  name: z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters'),
  /** SHA-256 of the key, in hex: the key itself is kept by its holder alone. */
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

/** The configuration of authentication is wrong; the message says where, and nothing of what is in it. */
export class AuthFileError extends Error {
  override readonly name = 'AuthFileError'
}

/**
 * A `subject` is `laurel` or one of the dialects: of any other one nobody would have an account.
 * @throws AuthFileError naming all that is wrong at once.
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
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code } = error as { readonly code?: string }
    throw new AuthFileError(code === undefined ? `${file} is not JSON` : `${file} cannot be read: ${code}`)
  }
}

/** A kind's rights on the titles that it reaches. */
export function rightsOf({
  principal,
  titles = ['*'],
  rights,
}: {
  readonly principal: 'service' | 'operator'
  readonly titles?: readonly string[] | undefined
  readonly rights?: readonly Right[] | undefined
}): readonly Right[] {
  if (rights !== undefined) return rights
  const action = principal === 'operator' ? 15 : 7
  return titles.map((title) => ({ resource: `ADMIN:NAMESPACE:${title}:*`, action }))
}

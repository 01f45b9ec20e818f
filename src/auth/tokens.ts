import { dirname } from 'node:path'
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import type { IssuerSettings } from './auth-file.ts'
import { openKeySet } from './key-sets.ts'

export interface VerifiedToken {
  readonly issuer: IssuerSettings
  readonly claims: JWTPayload & { readonly sub: string; readonly exp: number }
}

const CLOCK_TOLERANCE_SECONDS = 5

/** Verifies JSON Web Tokens of the configured issuers: signature, algorithm, issuer, audience and times. */
export class Tokens {
  readonly #issuers: ReadonlyMap<
    string,
    { readonly settings: IssuerSettings; readonly keys: JWTVerifyGetKey }
  >

  constructor(issuers: readonly IssuerSettings[], file: string) {
    this.#issuers = new Map(
      issuers.map((settings) => [
        settings.issuer,
        { settings, keys: openKeySet(settings.jwks, dirname(file)) },
      ]),
    )
  }

  /** @throws LaurelError UNAUTHENTICATED, or UNAVAILABLE while the issuer's keys cannot be fetched. */
  async verify(token: string): Promise<VerifiedToken> {
    const known = this.#issuers.get(issuerOf(token))
    if (known === undefined) throw unauthenticated('the token is of no issuer that is configured')
    const { settings, keys } = known
    const { payload } = await jwtVerify(token, keys, {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: settings.algorithms,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    }).catch((error: unknown) => {
      throw refusalOf(error)
    })
    if (!isName(payload.sub)) throw wrongClaim('sub')
    return { issuer: settings, claims: payload as VerifiedToken['claims'] }
  }
}

export function unauthenticated(message: string): LaurelError {
  return new LaurelError('unauthenticated', 'UNAUTHENTICATED', message)
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? ''
  } catch {
    throw unauthenticated('the credential is not a readable token')
  }
}

/** A subject becomes the id of a player, or is stored with each change, so it has the limits of an id. */
function isName(sub: unknown): boolean {
  const isText = typeof sub === 'string' && sub.length > 0 && sub.length <= LIMITS.id
  return isText && sub.isWellFormed() && !/\p{Cc}/u.test(sub)
}

function wrongClaim(claim: string): LaurelError {
  return unauthenticated(`the token's claim ${claim} is not what it must be`)
}

/** Distinguishes invalid tokens from keys that cannot be fetched, which a retry may fix. */
function refusalOf(error: unknown): LaurelError {
  if (error instanceof errors.JWTExpired) return unauthenticated('the token has expired: get a new one')
  if (error instanceof errors.JWTClaimValidationFailed) return wrongClaim(error.claim)
  if (error instanceof errors.JOSEAlgNotAllowed)
    return unauthenticated('the token is not signed with an allowed algorithm')
  const isTokens = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)
  if (isTokens && error.code !== 'ERR_JOSE_GENERIC') {
    return unauthenticated('the token is not signed by a key of its issuer')
  }
  const message = "the keys of the token's issuer cannot be fetched at the moment"
  return new LaurelError('unavailable', 'ISSUER_UNAVAILABLE', message, { retryAfter: 5, cause: error })
}

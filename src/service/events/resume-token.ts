import { createHash } from 'node:crypto'
import { LaurelError } from '../../model/errors.ts'

/** Returns an opaque token to resume a watch of the title after the position. It is short, so that errors can carry it. */
export function writeResumeToken(titleId: string, position: bigint): string {
  return Buffer.from(`${position}.${digestOf(titleId)}`).toString('base64url')
}

/** @throws LaurelError RESUME_TOKEN_INVALID if it is not a token of the title */
export function readResumeToken(titleId: string, token: string): bigint {
  const [, position, digest] = /^(\d{1,18})\.(.+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (position === undefined || digest !== digestOf(titleId)) throw resumeTokenInvalid(titleId)
  return BigInt(position)
}

export function resumeTokenInvalid(titleId: string): LaurelError {
  const message = `resume_token was not returned by a watch of title ${titleId}: start without it`
  return new LaurelError('invalid_argument', 'RESUME_TOKEN_INVALID', message, {
    metadata: { titleId },
    violations: [
      { field: 'resume_token', message: 'must be the resume_token of a response of the same watch' },
    ],
  })
}

function digestOf(titleId: string): string {
  return createHash('sha256').update(titleId).digest('base64url').slice(0, 12)
}

import { createHash } from 'node:crypto'
import { LaurelError } from '../../model/errors.ts'

/** Opaque to whoever gets it: where a watch of a title goes on, after this event. Short, so that errors can carry it. */
export function writeResumeToken(titleId: string, position: bigint): string {
  return Buffer.from(`${position}.${digestOf(titleId)}`).toString('base64url')
}

/** @throws LaurelError RESUME_TOKEN_INVALID for what is no token of the title. */
export function readResumeToken(titleId: string, token: string): bigint {
  const [, position, digest] = /^(\d{1,18})\.(.+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (position === undefined || digest !== digestOf(titleId)) throw resumeTokenInvalid(titleId)
  return BigInt(position)
}

export function resumeTokenInvalid(titleId: string): LaurelError {
  const message = `resume_token is not one that a watch of title ${titleId} gave: begin without it`
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

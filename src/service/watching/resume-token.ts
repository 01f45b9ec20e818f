import { LaurelError } from '../../model/errors.ts'

/** Opaque to whoever gets it: where a watch of a title goes on, after this event. */
export function writeResumeToken(titleId: string, position: bigint): string {
  return Buffer.from(JSON.stringify([titleId, String(position)])).toString('base64url')
}

/** @throws LaurelError RESUME_TOKEN_INVALID for what is no token of the title. */
export function readResumeToken(titleId: string, token: string): bigint {
  try {
    const [of, position] = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (of === titleId && /^\d{1,18}$/.test(position)) return BigInt(position)
  } catch {
    // Falls through: whatever is wrong with it, it is none.
  }
  throw resumeTokenInvalid(titleId)
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

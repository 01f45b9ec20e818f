import type { Principal } from '../model/principal.ts'

/** One call: the caller, and the signal that the call is cancelled. */
export interface Call {
  readonly signal: AbortSignal
  readonly principal: Principal
  /** Stored with each change: the caller's name, and in parentheses the actor on whose behalf a trusted caller acts. */
  readonly actor: string
}

/** The author of a change, and the call that made it. */
export interface Attribution {
  readonly actor: string
  readonly requestId: string | undefined
}

export function attributionOf(call: Call, requestId: string | undefined): Attribution {
  return { actor: call.actor, requestId }
}

/**
 * Returns the principal of a credential: the text of an Authorization header, or undefined without one.
 * @throws LaurelError UNAUTHENTICATED if it is malformed, expired or unknown.
 */
export type Authenticate = (authorization: string | undefined, signal: AbortSignal) => Promise<Principal>

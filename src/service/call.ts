import type { Principal } from '../model/principal.ts'
import type { CallTrace } from '../telemetry/spans.ts'

/** One call: the caller, and the signal that the call is cancelled. */
export interface Call {
  readonly signal: AbortSignal
  readonly principal: Principal
  /** Stored with each change: the caller's name, and in parentheses the actor on whose behalf a trusted caller acts. */
  readonly actor: string
  /** Stored with administrative changes: `TitleService/GetTitle`, or the dialect and the name of its HTTP API's route. */
  readonly operation: string
  /** For telemetry alone; undefined while traces are off. */
  readonly trace?: CallTrace | undefined
}

/** The author of a change, and the call that made it. */
export interface Attribution {
  readonly actor: string
  readonly requestId: string | undefined
  readonly traceParent?: string | undefined
}

export function attributionOf(call: Call, requestId: string | undefined): Attribution {
  return { actor: call.actor, requestId, traceParent: call.trace?.traceParent }
}

/**
 * Returns the principal of a credential: the text of an Authorization header, or undefined without one. The network address of the
 * caller is looked up only for the audit of a refused credential.
 * @throws LaurelError UNAUTHENTICATED if it is malformed, expired or unknown.
 */
export type Authenticate = (
  authorization: string | undefined,
  signal: AbortSignal,
  address: () => string | undefined,
) => Promise<Principal>

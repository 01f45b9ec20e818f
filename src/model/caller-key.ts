/** A short text for the principal that made a request: the caller in the scope of its request ids. */
export type CallerKey = string

/** The caller of requests from before callers were stored: any caller that sends the same request. */
export const EARLIER_CALLER: CallerKey = '?'

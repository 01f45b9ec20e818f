const REMEDY = 'set LAUREL_GRPC_ADDRESS to another address'

/** Why an address cannot be served on, for the person who started Laurel: what is wrong and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** As the system names it, such as `EADDRINUSE`. */
  readonly code: string

  constructor(address: string, cause: Error) {
    // grpc-js keeps of the system's errors nothing but their texts, in brackets.
    const reason = /errors: \[(.*)\]$/.exec(cause.message)?.[1] ?? cause.message
    const code = /\bE[A-Z]{3,}\b/.exec(reason)?.[0] ?? 'ELISTEN'
    super(
      code === 'EADDRINUSE'
        ? `${address} is in use: stop what uses it, or ${REMEDY}`
        : `cannot serve on ${address}: ${reason}: ${REMEDY}`,
    )
    this.code = code
  }
}

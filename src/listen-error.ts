/** Why an address cannot be served on, for the person who started Laurel: what is wrong and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** As the system names it, such as `EADDRINUSE`. */
  readonly code: string

  /** `variable` is the one of the environment that holds the address. */
  constructor(address: string, variable: string, cause: Error) {
    const remedy = `set ${variable} to another address`
    // grpc-js keeps of the system's errors nothing but their texts, in brackets.
    const reason = /errors: \[(.*)\]$/.exec(cause.message)?.[1] ?? cause.message
    const code = /\bE[A-Z]{3,}\b/.exec(reason)?.[0] ?? 'ELISTEN'
    super(
      code === 'EADDRINUSE'
        ? `${address} is in use: stop what uses it, or ${remedy}`
        : `cannot serve on ${address}: ${reason}: ${remedy}`,
    )
    this.code = code
  }
}

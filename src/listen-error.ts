/** An address that cannot be listened on; the message states the cause and the remedy. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** The system's error code, such as `EADDRINUSE`. */
  readonly code: string

  /** @param variable the environment variable with the address */
  constructor(address: string, variable: string, cause: Error) {
    const remedy = `set ${variable} to another address`
    // grpc-js passes on only the texts of the system's errors, in brackets.
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

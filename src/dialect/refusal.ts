import type { JsonValue } from '../model/json.ts'

/** Thrown by a gateway to refuse a request with exactly this response, in the format of its platform. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** An HTTP status of 400 or more. */
  readonly status: number
  readonly body: JsonValue
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: JsonValue, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

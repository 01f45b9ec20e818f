import type { JsonValue } from '../model/json.ts'

/** What a gateway throws to refuse a request with just this answer, in its platform's own form. */
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

import { randomInt, randomUUID } from 'node:crypto'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server wrote; the test says what it expects of it.
  json(): any
}

/** Sends a request, and returns the response unchanged. */
export async function ask(
  url: string,
  { token, json, ...init }: RequestInit & { readonly token?: string; readonly json?: unknown } = {},
): Promise<Answered> {
  const headers = new Headers(init.headers)
  if (token !== undefined) headers.set('authorization', token)
  const body = json === undefined ? init.body : JSON.stringify(json)
  const response = await fetch(url, { ...init, headers, ...(body == null ? {} : { body }) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

/** An id of 18 digits that no other test has: limits are counted for each application. */
export function freshSnowflake(): string {
  return `7${String(randomInt(10 ** 8, 10 ** 9))}${String(randomInt(10 ** 7, 10 ** 8))}`
}

/** A token that no other request has: limits are counted for each caller as well. */
export function freshToken(scheme: 'Bot' | 'Bearer'): string {
  return `${scheme} ${randomUUID()}`
}

export type Headers = Readonly<Record<string, string>>

/** Calls an RPC over HTTP in JSON. */
export async function postJson(url: string, message: object | string, headers: Headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof message === 'string' ? message : JSON.stringify(message),
  })
  return { status: response.status, headers: response.headers, body: await bodyOf(response) }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at any member.
export async function bodyOf(response: Response): Promise<any> {
  return response.json()
}

import { REST } from '@discordjs/rest'
import { Client, type RESTMethod } from 'oceanic.js'

/** A real client: it returns the body of a response, or throws its status and code. */
export interface DiscordClient {
  request(method: RESTMethod, path: string, body?: object): Promise<unknown>
  /** How often it received 429 and retried by itself. */
  readonly retries: () => number
}

export interface ClientSettings {
  /** `http://127.0.0.1:40123/discord/api`, as clients are configured. */
  readonly api: string
  readonly version: number
  readonly scheme: 'Bot' | 'Bearer'
  readonly token: string
}

/** Clients that games and bots use, unchanged but for the address that they call. */
export const CLIENTS: Readonly<Record<string, (settings: ClientSettings) => DiscordClient>> = {
  '@discordjs/rest': ({ api, version, scheme, token }) => {
    let retries = 0
    const rest = new REST({ api, version: String(version), authPrefix: scheme }).setToken(token)
    const onAnswer = ({ status }: { readonly status: number }) => {
      if (status === 429) retries += 1
    }
    rest.on('response', (_request, response) => onAnswer(response))
    return {
      async request(method, path, body) {
        const options = body === undefined ? {} : { body }
        const received = await rest.request({
          fullRoute: path as `/${string}`,
          method: method as 'GET' as never,
          ...options,
        })
        return received instanceof ArrayBuffer ? null : received
      },
      retries: () => retries,
    }
  },

  'oceanic.js': ({ api, version, scheme, token }) => {
    let retries = 0
    const client = new Client({ auth: `${scheme} ${token}`, rest: { baseURL: `${api}/v${version}` } })
    client.on('debug', (text) => {
      if (/\b429\b/.test(String(text))) retries += 1
    })
    return {
      request: (method, path, json) => client.rest.request({ method, path, auth: true, json }),
      retries: () => retries,
    }
  },
}

/** Returns the status and code of the error that a client throws; both clients have them under the same names. */
export async function refusalOf(received: Promise<unknown>): Promise<{ status: number; code: unknown }> {
  const error = await received.then(
    () => undefined,
    (thrown: { readonly status: number; readonly code: unknown }) => thrown,
  )
  if (error === undefined) throw new Error('the request was not refused')
  return { status: error.status, code: error.code }
}

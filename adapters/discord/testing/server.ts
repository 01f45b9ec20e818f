import type { Authenticate } from '../../../src/service/call.ts'
import { type GatewayServer, startGateways } from '../../../test/support/gateway-server.ts'

export interface DiscordServerOptions {
  /** Left out: every caller is the operator. */
  readonly authenticate?: Authenticate
  readonly strict?: boolean
}

export interface DiscordServer extends GatewayServer {
  /** The URL that Discord's paths are below: `http://127.0.0.1:40123/discord`. */
  readonly url: string
}

/** Starts the gateways in this process, on a database of their own: for permissions, and for strict mode. */
export async function startDiscordServer(options: DiscordServerOptions = {}): Promise<DiscordServer> {
  const { authenticate, strict = false } = options
  const server = await startGateways({
    ...(authenticate && { authenticate }),
    strict: strict ? ['discord'] : [],
  })
  return { ...server, url: `${server.origin}/discord` }
}

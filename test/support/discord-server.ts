import { authenticateAnyone } from '../../src/auth/anyone.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { gateways } from '../../src/registry.ts'
import { openOperations } from '../../src/service/operations.ts'
import type { Authenticate, Services } from '../../src/service/services.ts'
import { createTestServices, testWire } from './services.ts'

export interface DiscordServerOptions {
  /** Left out: everybody is the operator. */
  readonly authenticate?: Authenticate
  readonly strict?: boolean
}

export interface DiscordServer extends AsyncDisposable {
  /** Where all gateways are. */
  readonly origin: string
  /** Where Discord's paths begin: `http://127.0.0.1:40123/discord`. */
  readonly url: string
  readonly services: Services
}

/** The gateways in this process, on a database of their own: for who may ask, and for strict mode. */
export async function startDiscordServer(options: DiscordServerOptions = {}): Promise<DiscordServer> {
  const services = await createTestServices()
  const http = createHttpServer(gateways, {
    ...testWire,
    authenticate: options.authenticate ?? authenticateAnyone,
    operations: openOperations(services),
    checked: options.authenticate !== undefined,
    isReady: () => true,
    metrics: undefined,
    strict: new Set(options.strict === true ? ['discord'] : []),
  })
  const address = await http.listen('127.0.0.1:0')
  return {
    origin: `http://${address}`,
    url: `http://${address}/discord`,
    services,
    async [Symbol.asyncDispose]() {
      await http.stop()
      await services[Symbol.asyncDispose]()
    },
  }
}

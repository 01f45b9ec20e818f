import { authenticateAnyone } from '../../src/auth/anyone.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { gateways } from '../../src/registry.ts'
import type { Authenticate } from '../../src/service/call.ts'
import { openOperations } from '../../src/service/operations.ts'
import type { Services } from '../../src/service/services.ts'
import { createTestServices, READY, testWire } from './services.ts'

export interface GatewayServerOptions {
  /** Left out: every caller is the operator. */
  readonly authenticate?: Authenticate
  /** The dialects whose gateways are strict. */
  readonly strict?: readonly string[]
}

export interface GatewayServer extends AsyncDisposable {
  /** The URL that all mounts are below. */
  readonly origin: string
  readonly services: Services
}

/** Starts all gateways in this process, on a database of their own. */
export async function startGateways(options: GatewayServerOptions = {}): Promise<GatewayServer> {
  const services = await createTestServices()
  const http = createHttpServer(gateways, {
    ...testWire,
    authenticate: options.authenticate ?? authenticateAnyone,
    operations: openOperations(services),
    checked: options.authenticate !== undefined,
    readiness: READY,
    metrics: undefined,
    strict: new Set(options.strict),
  })
  const address = await http.listen('127.0.0.1:0')
  return {
    origin: `http://${address}`,
    services,
    async [Symbol.asyncDispose]() {
      await http.stop()
      await services[Symbol.asyncDispose]()
    },
  }
}

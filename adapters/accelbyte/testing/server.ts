import { startServer } from '../../../test/support/server.ts'
import { createTestServices } from '../../../test/support/services.ts'
import { accelByteClient } from './client.ts'

/** The real server on a database of its own, which the use cases work on too, and a client of its gateway. */
export async function startAccelByte(env: Readonly<Record<string, string>> = {}) {
  const services = await createTestServices()
  const server = await startServer({ databaseUrl: services.databaseUrl, env })
  const url = `${server.url}/accelbyte`
  return {
    services,
    server,
    url,
    client: accelByteClient(url, 'harbor-lights'),
    /** A client in a namespace of its own. */
    clientOf: (namespace: string) => accelByteClient(url, namespace),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await services[Symbol.asyncDispose]()
    },
  }
}

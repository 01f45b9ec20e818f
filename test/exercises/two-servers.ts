import { freePort } from '../../src/embedded-postgres/port.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

/** Two servers of a database, each at an address that stays if an exercise kills it and starts another one there. */
export async function startTwoServers(cleanup: AsyncDisposableStack, databaseUrl: string) {
  const addresses = [`127.0.0.1:${await freePort(undefined)}`, `127.0.0.1:${await freePort(undefined)}`]
  const start = (address: string) =>
    startServerProcess({ databaseUrl, env: { LAUREL_GRPC_ADDRESS: address } })
  const servers: ServerProcess[] = []
  cleanup.defer(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
  })
  for (const address of addresses) servers.push(await start(address))
  return { addresses, servers, start }
}

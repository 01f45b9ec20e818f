import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy to a database whose connections can be cut. */
export interface SeverableProxy extends AsyncDisposable {
  /** The database's URL through the proxy. */
  readonly url: string
  /** Closes all connections, and refuses new ones until `mend`. */
  cut(): void
  mend(): void
  /** Has all open connections stay open and carry nothing more, as when the network drops packets. */
  stall(): void
  /** Connects new connections to another database from now on. */
  retarget(databaseUrl: string): void
}

export async function startProxy(databaseUrl: string): Promise<SeverableProxy> {
  let target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    if (!whole) {
      near.destroy()
      return
    }
    const far = connect(Number(target.port), target.hostname)
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      sockets.add(from)
      from.on('error', () => {}).pipe(to)
      from.once('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    mend: () => {
      whole = true
    },
    stall: () => {
      for (const socket of sockets) socket.unpipe().pause()
    },
    retarget: (other) => {
      target = new URL(other)
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

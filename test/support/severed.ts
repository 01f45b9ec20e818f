import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a database that can be cut and mended. */
export interface SeverableWay extends AsyncDisposable {
  /** Of the same database, by this way. */
  readonly url: string
  cut(): void
  mend(): void
}

export async function wayTo(databaseUrl: string): Promise<SeverableWay> {
  const target = new URL(databaseUrl)
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
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

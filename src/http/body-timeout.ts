import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the body may take any time to arrive, as long as it goes on arriving. */
    readonly isUpload?: boolean
  }
}

/**
 * Closes the connection of a request whose body has not arrived after the time; for an upload, if nothing of it has arrived for that
 * time. Node's own `requestTimeout` would limit the time of every upload, and so its size.
 */
export function limitBodyTime(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', async ({ raw, routeOptions }) => {
    const { socket, headers } = raw
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return
    let received = socket.bytesRead
    const timer = setTimeout(() => {
      const isArriving = routeOptions.config.isUpload === true && socket.bytesRead > received
      received = socket.bytesRead
      if (isArriving) timer.refresh()
      else socket.destroy()
    }, milliseconds)
    const stop = () => clearTimeout(timer)
    raw.once('end', stop)
    raw.once('close', stop)
  })
}

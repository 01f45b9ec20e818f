import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Node publishes each accepted connection on this channel, before any protocol handshake. */
const ACCEPTED = 'net.server.socket'

/**
 * The open connections to a port. Servers do not list connections that never finish a TLS handshake, nor half-closed ones.
 */
export class Sockets {
  readonly #port: number
  readonly #open = new Set<Socket>()

  /** Collects new connections until `destroy`. */
  constructor(port: number) {
    this.#port = port
    subscribe(ACCEPTED, this.#add)
  }

  /** Destroys all connections. */
  destroy(): void {
    unsubscribe(ACCEPTED, this.#add)
    for (const socket of this.#open) socket.destroy()
  }

  readonly #add = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket }
    if (socket.localPort !== this.#port) return
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }
}

/** Returns a controller that aborts when the client leaves before its response is sent. */
export function abortWhenClosed(response: ServerResponse): AbortController {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller
}

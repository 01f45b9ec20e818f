import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Node publishes every connection that one of its servers accepts there, before the server speaks any protocol. */
const ACCEPTED = 'net.server.socket'

/**
 * The connections to a port. Servers know only those that got as far as their protocol: not one that never finishes a TLS
 * handshake, nor one that is closed on our side and stays open on the other.
 */
export class Sockets {
  readonly #port: number
  readonly #open = new Set<Socket>()

  /** Counts from now on, until `destroy`. */
  constructor(port: number) {
    this.#port = port
    subscribe(ACCEPTED, this.#add)
  }

  /** Cuts all connections off. */
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

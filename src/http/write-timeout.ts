import type { FastifyInstance } from 'fastify'

/**
 * Closes the connection of a client that takes nothing of a response for the time: its call would stay open, and its bytes held, and all
 * callers without a credential share the limits of one. Streams have limits of their own.
 */
export function limitWriteTime(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onSend', async (_request, { raw }, payload) => {
    // Node ends an idle connection at this timeout, and sets another one when the response has been sent.
    if (typeof payload === 'string' || Buffer.isBuffer(payload)) raw.socket?.setTimeout(milliseconds)
    return payload
  })
}

/**
 * The least that a server on Node can do for a gRPC call: HTTP/2 without gRPC, one fixed answer to everything. What
 * the load generator reaches against it, and at what cost, says how far the generator can be trusted.
 */
import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'

/** A HealthCheckResponse that says SERVING. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01])

const server = createServer()
server.on('stream', (stream) => {
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'OK' }))
  stream.on('data', () => {})
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
    stream.end(SERVING)
  })
})
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.({ ready: `127.0.0.1:${(server.address() as AddressInfo).port}` })

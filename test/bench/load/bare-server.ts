/** The upper bound for a server on Node: HTTP/2 without gRPC, with one fixed response. It also shows the generator's limit. */
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

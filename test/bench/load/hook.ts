/** A webhook receiver that accepts every request. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => response.writeHead(204).end())
})
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.({ ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` })

/** Receives webhooks on port 9000, and checks their signatures with the secret that is its argument. */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

const [secret = ''] = process.argv.slice(2)
const webhook = new Webhook(secret)
createServer(async (request, response) => {
  try {
    console.log(webhook.verify(await text(request), request.headers as Record<string, string>))
    response.writeHead(204).end()
  } catch (error) {
    console.log((error as Error).message)
    response.writeHead(401).end()
  }
}).listen(9000, 'localhost')

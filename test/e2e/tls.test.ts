import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type PeerCertificate } from 'node:tls'
import { credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ListTitlesRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { type Issued, issue, writeFiles } from '../support/certificates.ts'
import { callUnary } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CODED } from '../support/documents.ts'
import { runLaurel } from '../support/laurel.ts'
import { startServer } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'laurel-tls-'))
let database: TestDatabase
let authority: Issued

beforeAll(async () => {
  database = await createTestDatabase()
  authority = await issue('An authority')
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** Returns the certificate of the server at an address; rejects if the connection fails. */
function shownAt(address: string, options: ConnectionOptions = {}): Promise<PeerCertificate> {
  const port = Number(address.split(':').at(-1))
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: authority.cert,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...options,
    })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
  })
}

const listTitles = (address: string, channel: ReturnType<typeof credentials.createSsl>) => {
  const client = new TitleServiceClient(address, channel)
  return callUnary(client, 'listTitles', ListTitlesRequest.fromPartial({})).finally(() => client.close())
}

test('gRPC and HTTP use the certificate, and a new one once both files have changed', async () => {
  const first = await issue('first', authority)
  const env = writeFiles(folder, first)
  await using server = await startServer({ databaseUrl: database.url, env })
  const addresses = [server.address, server.url.replace(/^http:../, '')]
  for (const address of addresses) expect((await shownAt(address)).subject.CN).toBe('first')
  const ca = Buffer.from(authority.cert)
  expect(await listTitles(server.address, credentials.createSsl(ca))).toMatchObject({ titles: [] })
  await expect(listTitles(server.address, credentials.createInsecure())).rejects.toThrow()

  // A new certificate without its key changes nothing; with the key, new connections use it.
  const second = await issue('second', authority)
  writeFileSync(env.LAUREL_TLS_CERT_FILE, second.cert)
  await expect.poll(() => server.output()).toContain('the last one serves on')
  for (const address of addresses) expect((await shownAt(address)).subject.CN).toBe('first')
  writeFileSync(env.LAUREL_TLS_KEY_FILE, second.private)
  for (const address of addresses) {
    await expect.poll(async () => (await shownAt(address)).subject.CN).toBe('second')
  }
  expect(await listTitles(server.address, credentials.createSsl(ca))).toMatchObject({ titles: [] })
  expect(server.output()).not.toContain('PRIVATE KEY')

  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, authority.cert)
  const cli = { LAUREL_GRPC_ADDRESS: server.address, LAUREL_CA_FILE: caFile }
  const exported = await runLaurel(['export', CODED, '--title', 'none'], { env: cli })
  expect(exported.stderr).toContain('title none does not exist')
  const reached = { LAUREL_GRPC_ADDRESS: server.address }
  const unsecured = await runLaurel(['export', CODED, '--title', 'none'], { env: reached })
  expect(unsecured.stderr).toContain('set LAUREL_CA_FILE if it speaks TLS')
  writeFileSync(caFile, (await issue('Another authority')).cert)
  const distrusting = await runLaurel(['export', CODED, '--title', 'none'], { env: cli })
  expect(distrusting.stderr).toContain(`by the authorities of ${caFile}`)
})

test('gRPC and HTTP require client certificates if an authority for clients is set', async () => {
  const clients = await issue('Authority of clients')
  const clientCa = join(folder, 'clients.pem')
  writeFileSync(clientCa, clients.cert)
  const env = { ...writeFiles(folder, await issue('server', authority)), LAUREL_TLS_CLIENT_CA_FILE: clientCa }
  await using server = await startServer({ databaseUrl: database.url, env })
  const ca = Buffer.from(authority.cert)
  const [known, unknown] = [await issue('known', clients), await issue('unknown', authority)]
  const channelOf = ({ cert, private: key }: Issued) =>
    credentials.createSsl(ca, Buffer.from(key), Buffer.from(cert))
  expect(await listTitles(server.address, channelOf(known))).toMatchObject({ titles: [] })
  await expect(listTitles(server.address, channelOf(unknown))).rejects.toThrow()
  await expect(listTitles(server.address, credentials.createSsl(ca))).rejects.toThrow()
  const healthOf = (client: Issued | undefined) => {
    return new Promise<number | undefined>((resolve, reject) => {
      const options = { ca, ...(client && { cert: client.cert, key: client.private }) }
      request(`${server.url.replace('http:', 'https:')}/healthz`, options, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once('error', reject)
        .end()
    })
  }
  expect(await healthOf(known)).toBe(200)
  await expect(healthOf(unknown)).rejects.toThrow()
  await expect(healthOf(undefined)).rejects.toThrow()
})

test('a server does not start with a certificate and a key that do not match', async () => {
  const [one, two] = [await issue('one'), await issue('two')]
  const env = writeFiles(folder, { cert: one.cert, private: two.private })
  await expect(startServer({ databaseUrl: database.url, env })).rejects.toThrow(
    /no certificate and key that fit/,
  )
})

import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface FakeIssuer extends AsyncDisposable {
  /** The environment of a server whose operators sign in here. */
  readonly env: Readonly<Record<string, string>>
  /** The requests that the token endpoint has refused. */
  readonly refused: readonly string[]
  /** The URL of its page, in its discovery document. */
  page: string
  /** Returns the parameters of its redirect for a code and a state, when it redirects. */
  respond: (code: string, state: string) => Promise<Readonly<Record<string, string>>>
}

interface Started {
  readonly challenge: string
  readonly nonce: string
  readonly redirectUri: string
}

const CLIENT = 'laurel-console'
const AUDIENCE = 'laurel'

/** Starts an issuer with OpenID Connect's code flow and PKCE. It signs each visitor in, without a page. */
export async function startFakeIssuer(): Promise<FakeIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const started = new Map<string, Started>()
  const refused: string[] = []
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const behaviour: Pick<FakeIssuer, 'page' | 'respond'> = {
    page: `${issuer}/authorize?tenant=one`,
    respond: async (code, state) => ({ code, state }),
  }

  const tokenOf = (audience: string, claims: object) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('olga')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', issuer)
    const send = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
        .end(JSON.stringify(body))
    const parameter = (name: string) => searchParams.get(name) ?? ''
    if (pathname === '/.well-known/openid-configuration') {
      const endpoints = { authorization_endpoint: behaviour.page, token_endpoint: `${issuer}/token` }
      const algorithms = { id_token_signing_alg_values_supported: ['ES256'] }
      send(200, { issuer, ...endpoints, ...algorithms, code_challenge_methods_supported: ['S256'] })
    } else if (
      pathname === '/authorize' &&
      parameter('client_id') === CLIENT &&
      parameter('tenant') === 'one'
    ) {
      const code = randomUUID()
      const redirectUri = parameter('redirect_uri')
      started.set(code, {
        challenge: parameter('code_challenge'),
        nonce: parameter('nonce'),
        redirectUri,
      })
      const returned = await behaviour.respond(code, parameter('state'))
      const location = `${redirectUri}?${new URLSearchParams(returned)}`
      response.writeHead(302, { location }).end()
    } else if (pathname === '/token') {
      const form = new URLSearchParams(await text(request))
      const flow = started.get(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      if (flow?.challenge !== challenge || flow.redirectUri !== form.get('redirect_uri')) {
        refused.push(form.toString())
        return void send(400, { error: 'invalid_grant' })
      }
      send(200, {
        token_type: 'Bearer',
        expires_in: 3600,
        access_token: await tokenOf(AUDIENCE, {}),
        id_token: await tokenOf(CLIENT, { nonce: flow.nonce }),
      })
    } else {
      send(404, {})
    }
  }

  const folder = mkdtempSync(join(tmpdir(), 'laurel-issuer-'))
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [key] }))
  const settings = {
    issuer,
    audience: AUDIENCE,
    jwks: 'keys.json',
    algorithms: ['ES256'],
    principal: 'operator',
  }
  const file = join(folder, 'auth.json')
  writeFileSync(file, JSON.stringify({ issuers: [{ ...settings, consoleClientId: CLIENT }] }))
  return Object.assign(behaviour, {
    env: { LAUREL_AUTH_FILE: file },
    refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
}

import * as oauth from 'oauth4webapi'
import { CHANNEL, RETURN_PATH } from './sign-in-return.ts'

/** An issuer of the auth file that people may sign in at. */
export interface Issuer {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly scope: string
}

/**
 * Signs in by OpenID Connect's code flow with PKCE, in a window of its own, so that this page keeps its edits. The verifier stays in
 * memory. Returns the access token; the id token where its audience is the console itself.
 */
export async function signInAt({ issuer, audience, clientId, scope }: Issuer): Promise<string> {
  const popup = open('about:blank', CHANNEL, 'popup,width=480,height=720')
  if (popup === null) throw new Error('the browser blocks the window of the sign-in: allow it for this page')
  const url = new URL(issuer)
  // An issuer on this machine, for trials, may speak HTTP.
  const options = { [oauth.allowInsecureRequests]: ['localhost', '127.0.0.1'].includes(url.hostname) }
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options))
  const client: oauth.Client = { client_id: clientId }
  const [verifier, state, nonce] = [
    oauth.generateRandomCodeVerifier(),
    oauth.generateRandomState(),
    oauth.generateRandomNonce(),
  ]
  const redirectUri = location.origin + RETURN_PATH
  const target = new URL(server.authorization_endpoint ?? '')
  const parameters = {
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope, state, nonce },
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // Issuers name the API of an access token by `audience` or by `resource` (RFC 8707).
    ...(audience !== clientId && { audience }),
    ...(audience !== clientId && URL.canParse(audience) && { resource: audience }),
  }
  target.search = new URLSearchParams(parameters).toString()
  popup.location.href = target.href
  const returned = await returnedUrl()
  const validated = oauth.validateAuthResponse(server, client, returned, state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    validated,
    redirectUri,
    verifier,
    options,
  )
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: scope.split(' ').includes('openid'),
  })
  return audience === clientId && result.id_token !== undefined ? result.id_token : result.access_token
}

/** Waits for the URL that the issuer sends the window to. */
function returnedUrl(): Promise<URL> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL)
    channel.onmessage = ({ data }) => {
      channel.close()
      resolve(new URL(String(data)))
    }
  })
}

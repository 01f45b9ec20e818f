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
 * @param signal ends the wait for the window: a person may have closed it, which this page cannot see
 */
export async function signInAt(issuer: Issuer, signal: AbortSignal): Promise<string> {
  const popup = open('about:blank', CHANNEL, 'popup,width=480,height=720')
  if (popup === null) throw new Error('the browser blocks the window of the sign-in: allow it for this page')
  try {
    return await tokenFrom(issuer, popup, signal)
  } catch (error) {
    popup.close()
    throw explained(error)
  }
}

async function tokenFrom(
  { issuer, audience, clientId, scope }: Issuer,
  popup: Window,
  signal: AbortSignal,
): Promise<string> {
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
  // Nothing but a page: any other scheme would be run in a window of the console's origin.
  if (target.protocol !== 'https:' && target.origin !== url.origin) {
    throw new Error(`the issuer's page of the sign-in must have an https URL, not ${target.href}`)
  }
  const parameters = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // Issuers name the API of an access token by `audience` or by `resource` (RFC 8707).
    ...(audience !== clientId && { audience }),
    ...(audience !== clientId && URL.canParse(audience) && { resource: audience }),
  }
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value)
  const returning = returnedUrl(state, signal)
  popup.location.href = target.href
  const returned = await returning
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

/** Waits for the URL that the issuer sends the window to. Those of other sign-ins, of other pages or made up, are left alone. */
function returnedUrl(state: string, signal: AbortSignal): Promise<URL> {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(CHANNEL)
    signal.addEventListener('abort', () => {
      channel.close()
      reject(signal.reason)
    })
    channel.onmessage = ({ data }) => {
      const url = new URL(String(data))
      if (url.searchParams.get('state') !== state) return
      channel.close()
      resolve(url)
    }
  })
}

/** Returns an error with the issuer's own words, if it has refused. */
function explained(error: unknown): unknown {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return new Error(`the issuer refuses the sign-in: ${error.error_description ?? error.error}`)
  }
  return error
}

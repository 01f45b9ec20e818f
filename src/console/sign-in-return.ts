/** Where issuers send the window of a sign-in: their clients must allow this path as a redirect URI. */
export const RETURN_PATH = '/console/signed-in'
/** The name of the window, and of the channel to the page that opened it. */
export const CHANNEL = 'laurel-sign-in'

/** In the window of a sign-in, hands its URL to the page that waits, and closes it. Returns whether this is such a window. */
export function returnFromSignIn(): boolean {
  if (location.pathname !== RETURN_PATH) return false
  new BroadcastChannel(CHANNEL).postMessage(location.href)
  // The URL has the code.
  history.replaceState(null, '', RETURN_PATH)
  close()
  // A window that no page of the console has opened stays.
  document.body.textContent = 'The console has the response of the issuer. This window can be closed.'
  return true
}

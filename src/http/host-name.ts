/**
 * Returns the host of a Host header without the port, as `URL` writes it; undefined if the header is missing or is anything
 * else than a name or an address with an optional port.
 */
export function hostNameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(host)) return undefined
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}

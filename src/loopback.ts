/** Returns whether a host, with or without the brackets of a URL, is a loopback name or address. */
export function isLoopback(host: string): boolean {
  const octets = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)
  if (octets !== null) return octets.slice(1).every((octet) => Number(octet) <= 255)
  return ['localhost', '::1', '[::1]'].includes(host.toLowerCase())
}

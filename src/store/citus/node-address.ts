/** Where the coordinator reaches a node. */
export interface NodeAddress {
  /** The number of the node, which stays when its address changes. */
  readonly group: number
  readonly host: string
  readonly port: number
}

/** The group of the coordinator. */
export const COORDINATOR = 0

/** Returns the address of a node's database: that of the coordinator, with the same user and password, on another host. */
export function nodeAddress(coordinator: string, { group, host, port }: NodeAddress): string {
  // The address by which nodes reach the coordinator need not be that by which servers do.
  if (group === COORDINATOR) return coordinator
  const url = new URL(coordinator)
  url.searchParams.delete('host')
  url.searchParams.delete('port')
  url.hostname = host.includes(':') ? `[${host}]` : host
  url.port = String(port)
  return url.href
}

/** Where the coordinator reaches a node. */
export interface NodeAddress {
  readonly host: string
  readonly port: number
  readonly isCoordinator: boolean
}

/** Returns the address of a node's database: that of the coordinator, with the same user and password, on another host. */
export function nodeAddress(coordinator: string, { host, port, isCoordinator }: NodeAddress): string {
  // The address by which nodes reach the coordinator need not be that by which servers do.
  if (isCoordinator) return coordinator
  const url = new URL(coordinator)
  url.searchParams.delete('host')
  url.searchParams.delete('port')
  url.hostname = host
  url.port = String(port)
  return url.href
}

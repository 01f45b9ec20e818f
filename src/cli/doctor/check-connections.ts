import type { KnownNode } from '../../store/citus/cluster-nodes.ts'
import { COORDINATOR } from '../../store/citus/node-address.ts'
import { type Finding, ok, warn } from './finding.ts'

/** The processes of the configured servers of this machine. */
export interface Processes {
  readonly workers: number
  readonly databasePool: number
}

/** Migrations, notifications and purges, beside the pool of each process. */
const OTHER_CONNECTIONS = 3
/** Also ids of events, the lists of transactions, and a change of definitions. */
const OTHER_COORDINATOR_CONNECTIONS = 6
/** For the list of transactions, also while its connection is replaced. */
const OTHER_WORKER_CONNECTIONS = 2
/** Of other programs, such as an operator's psql. */
const SPARE_CONNECTIONS = 5

/** Returns how many connections to a Postgres the processes take. @param node of a cluster; undefined for one Postgres */
export function connectionsTo(node: KnownNode | undefined, { workers, databasePool }: Processes): number {
  if (node === undefined) return workers * (databasePool + OTHER_CONNECTIONS)
  // Each statement of the coordinator has a connection to the node with the rows, which reports have too.
  if (node.group !== COORDINATOR) return workers * (2 * databasePool + OTHER_WORKER_CONNECTIONS)
  return workers * ((node.hasShards ? 2 : 1) * databasePool + OTHER_COORDINATOR_CONNECTIONS)
}

export function checkConnections(check: string, available: number, needed: number): Finding {
  const found = `this configuration takes up to ${needed} of ${available} connections`
  if (needed + SPARE_CONNECTIONS <= available) return ok(check, found)
  return warn(check, `${found}: raise max_connections, or lower LAUREL_DATABASE_POOL or LAUREL_WORKERS`)
}

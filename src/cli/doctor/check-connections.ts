import type { RegisteredNode } from '../../store/citus/cluster-nodes.ts'
import { COORDINATOR } from '../../store/citus/node-address.ts'
import { type Finding, ok, warn } from './finding.ts'

/** The processes of the configured servers of this machine. */
export interface Processes {
  readonly workers: number
  readonly databasePool: number
}

/** Migrations, notifications and purges, beside the pool of each process. */
const OTHER_CONNECTIONS = 3
/** On the coordinator also for the ids of events, the lists of transactions and changes of definitions. */
const OTHER_COORDINATOR_CONNECTIONS = 6
/** For the list of transactions: two while one is replaced. */
const OTHER_WORKER_CONNECTIONS = 2
/** Of other programs, such as an operator's psql. */
const SPARE_CONNECTIONS = 5

/** Returns how many connections to a Postgres the processes take. @param node of a cluster; undefined for one Postgres */
export function connectionsTo(
  node: RegisteredNode | undefined,
  { workers, databasePool }: Processes,
): number {
  if (node === undefined) return workers * (databasePool + OTHER_CONNECTIONS)
  // A worker gets the pool twice: reports connect to it, and the coordinator does for the statements of its own clients.
  if (node.group !== COORDINATOR) return workers * (2 * databasePool + OTHER_WORKER_CONNECTIONS)
  return workers * ((node.hasShards ? 2 : 1) * databasePool + OTHER_COORDINATOR_CONNECTIONS)
}

export function checkConnections(check: string, available: number, needed: number): Finding {
  const found = `this configuration takes up to ${needed} of ${available} connections`
  if (needed + SPARE_CONNECTIONS <= available) return ok(check, found)
  return warn(check, `${found}: raise max_connections, or lower LAUREL_DATABASE_POOL or LAUREL_WORKERS`)
}

import type { RegisteredNode } from '../../store/citus/cluster-nodes.ts'
import { nodeAddress } from '../../store/citus/node-address.ts'
import { openSidePool } from '../../store/citus/side-pool.ts'
import { checkConnections, connectionsTo, type Processes } from './check-connections.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

export interface Facts {
  readonly connections: number
  readonly preparedTransactions: number
  readonly isStandby: boolean
  readonly losesCommits: boolean
}

const FACTS = `
  select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
    current_setting('max_prepared_transactions')::int as "preparedTransactions", pg_is_in_recovery() as "isStandby",
    current_setting('synchronous_commit') = 'off' as "losesCommits"`

/** Checks a worker of a Citus cluster from here, because servers connect to it too. @param coordinator its connection string */
export async function checkWorker(
  node: RegisteredNode,
  coordinator: string,
  processes: Processes,
): Promise<readonly Finding[]> {
  const check = `worker ${node.host}:${node.port}`
  if (!node.isActive) {
    const report = node.hasShards ? fail : warn
    return [report(check, 'the cluster does not use it: run SELECT citus_activate_node on the coordinator')]
  }
  try {
    const facts = await readFacts(nodeAddress(coordinator, node))
    return [
      checkConnections(check, facts.connections, connectionsTo(node, processes)),
      ...problemsOf(check, node, facts),
    ]
  } catch (error) {
    return [fail(check, `cannot be reached from here, so calls for its players fail: ${reasonOf(error)}`)]
  }
}

async function readFacts(connectionString: string): Promise<Facts> {
  const pool = openSidePool({ connectionString, max: 1 })
  try {
    const { rows } = await pool.query<Facts>(FACTS)
    return rows[0] as Facts
  } finally {
    await pool.end()
  }
}

/** Returns what an operator has to change, or may want to know, of a worker that responds. */
export function problemsOf(
  check: string,
  { hasShards }: RegisteredNode,
  { preparedTransactions, isStandby, losesCommits }: Facts,
): readonly Finding[] {
  const problems = [
    isStandby && fail(check, 'is a standby, so writes for its players fail'),
    preparedTransactions === 0 &&
      fail(
        check,
        'max_prepared_transactions is 0, so a change on several nodes fails: set it to max_connections',
      ),
    losesCommits &&
      warn(check, 'synchronous_commit is off, so a crash loses changes after their responses: turn it on'),
    !hasShards && ok(check, 'has no shards: run SELECT citus_rebalance_start() on the coordinator'),
  ]
  return problems.filter((problem) => problem !== false)
}

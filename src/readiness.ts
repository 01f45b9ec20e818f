import type { JsonObject } from './model/json.ts'
import type { ConnectionMode } from './store/connection-mode.ts'
import type { SqlStateMeaning } from './store/sqlstates.ts'
import type { Store } from './store/store.ts'
import type { Logger } from './telemetry/log.ts'
import { StormLimit } from './telemetry/storm-limit.ts'

/** Whether a load balancer should send calls here, and the reasons for the operator. */
export class Readiness {
  readonly #store: Store
  #mode: ConnectionMode | undefined
  #isStopping = false

  constructor(store: Store) {
    this.#store = store
  }

  /** False while the database is unreachable or accepts no writes, and before the server stops. */
  get isReady(): boolean {
    return !this.#isStopping && this.#store.breaker !== 'open' && this.#store.writeState === 'writable'
  }

  /** For services and operators only. */
  get details(): JsonObject {
    const { breaker, writeState } = this.#store
    return {
      stopping: this.#isStopping,
      databaseReachable: breaker !== 'open',
      databaseWrites: writeState,
      ...(this.#mode && { connectionsKeepSettings: this.#mode.keepsSettings }),
      ...(this.#mode && { connectionsKeepStatements: this.#mode.keepsStatements }),
    }
  }

  set mode(mode: ConnectionMode) {
    this.#mode = mode
  }

  stop(): void {
    this.#isStopping = true
  }
}

const REMEDIES: Readonly<Partial<Record<SqlStateMeaning, string>>> = {
  unavailable: 'the database fails or cannot be reached',
  read_only: 'the database accepts no writes, as a standby: is DATABASE_URL that of the primary?',
  full: 'the database has no room: make some',
  node_lost:
    'another node of the database fails, has no room or accepts no writes, or cannot be reached by the coordinator',
  cancelled: 'the database ended a statement: is statement_timeout or another timeout too short?',
  refused: 'the database refuses a statement: were permissions or tables removed?',
}

/** Returns a listener that logs failures of the database, at most one of each meaning a minute. */
export function logFailures(log: Logger): (meaning: SqlStateMeaning, error: Error) => void {
  const limit = new StormLimit(1)
  return (meaning, error) => {
    const omitted = limit.admit(meaning)
    if (omitted === undefined) return
    const { code } = error as { readonly code?: string }
    log.error({ code, error: error.message, omitted }, REMEDIES[meaning])
  }
}

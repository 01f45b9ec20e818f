import pg from 'pg'

export interface DeliveryRow {
  readonly playerId: string
  readonly eventId: number
  readonly destinationId?: string
  readonly achievementId?: string
  readonly state?: string
  readonly kind?: string
  /** Ticks. */
  readonly time?: number
  readonly attempts?: number
  readonly error?: string
  readonly request?: object
  readonly response?: object
}

export interface QueueRow {
  readonly playerId: string
  readonly destinationId?: string
  readonly dueTime?: bigint
  readonly waiting?: boolean
  readonly failures?: number
  readonly lease?: string
}

/** Runs one statement on a test's database and returns its rows. */
export async function onDatabase<Row extends object = Record<string, unknown>>(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement, [...values])).rows
  } finally {
    await client.end()
  }
}

/** Inserts deliveries of a title in any state, as servers leave them behind. */
export async function putDeliveries(url: string, titleId: string, rows: readonly DeliveryRow[]) {
  const all = rows.map((row) => ({
    destinationId: 'hook',
    achievementId: 'first-lap',
    state: 'pending',
    kind: 'progressed',
    time: 0,
    attempts: 0,
    error: '',
    ...row,
  }))
  await onDatabase(
    url,
    `insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time, progress_state,
       percent, actor, reason, request_id, state, attempts, create_time, error, request, response)
     select "playerId", $1, "destinationId", "eventId", "achievementId", kind, time, 'in_progress', 50, 'tester', '', '',
       state, attempts, 1, error, request, response
     from jsonb_to_recordset($2::jsonb) as r ("playerId" text, "eventId" bigint, "destinationId" text,
       "achievementId" text, state text, kind text, time bigint, attempts integer, error text, request jsonb,
       response jsonb)`,
    [titleId, JSON.stringify(all)],
  )
}

export async function putQueue(url: string, titleId: string, row: QueueRow) {
  const { playerId, destinationId = 'hook', dueTime = 1n, waiting = false, failures = 0, lease = null } = row
  await onDatabase(
    url,
    `insert into delivery_queues (player_id, title_id, destination_id, due_time, waiting, failures, lease)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [playerId, titleId, destinationId, dueTime, waiting, failures, lease],
  )
}

export async function queueOf(url: string, playerId: string, destinationId = 'hook') {
  const [row] = await onDatabase<{
    due_time: string
    waiting: boolean
    failures: number
    lease: string | null
    clock: string
  }>(
    url,
    `select *, (extract(epoch from clock_timestamp()) * 10000000)::bigint as clock from delivery_queues
     where player_id = $1 and destination_id = $2`,
    [playerId, destinationId],
  )
  if (row === undefined) return undefined
  const { waiting, failures, lease } = row
  return { waiting, failures, lease, dueTime: BigInt(row.due_time), clock: BigInt(row.clock) }
}

import pg from 'pg'
import { playerName } from './reports.ts'
import type { Tally } from './tally.ts'

const CONNECTIONS = 16
const STRIDE = 7919

const TABLE = `create table if not exists bench_upserts (
  player_id text not null,
  title_id text not null,
  achievement_id text not null,
  value bigint not null,
  update_time bigint not null,
  primary key (player_id, title_id, achievement_id)
)`

const UPSERT = {
  name: 'upsert',
  text: `insert into bench_upserts values ($1, $2, $3, $4, $5)
    on conflict (player_id, title_id, achievement_id) do update
    set value = greatest(bench_upserts.value, excluded.value), update_time = excluded.update_time`,
}

let made = 0

/** One prepared, durable upsert at a time on each connection, without a server. */
export async function upserts(databaseUrl: string, players: number, tally: Tally): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS })
  try {
    await pool.query(TABLE)
    await Promise.all(Array.from({ length: CONNECTIONS }, () => upsertRepeatedly(pool, players, tally)))
  } finally {
    await pool.end()
  }
}

async function upsertRepeatedly(pool: pg.Pool, players: number, tally: Tally): Promise<void> {
  const client = await pool.connect()
  try {
    while (!tally.isOver) {
      made += 1
      const values = [playerName((made * STRIDE) % players), 'unary', 'achievement-000', made, Date.now()]
      await client.query({ ...UPSERT, values })
      tally.add(1, 0)
    }
  } finally {
    client.release()
  }
}

import pg from 'pg'

/** Opens connections beside those of a store, for statements of which none may wait long. The next call replaces a broken one. */
export function openSidePool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    keepAlive: true,
    ...options,
  })
  // Without listeners, the error of a connection that is idle, or ending, would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  return pool
}

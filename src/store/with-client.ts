import pg from 'pg'

const CONNECT_MILLISECONDS = 5_000

/** Runs work on a connection of its own, outside the pool and its settings. */
export async function withClient<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_MILLISECONDS })
  // A failure reaches the query that runs; a later one must not end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

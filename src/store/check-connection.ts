import pg from 'pg'

/** For the operator. The message never contains the URL, which holds a password. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError'
}

const TIMEOUT_MILLISECONDS = 10_000

/**
 * Connects once, to check the URL before the server starts.
 * @throws DatabaseUnreachableError with the reason as its cause.
 */
export async function checkConnection(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: TIMEOUT_MILLISECONDS })
  // Failures reach the query that runs; a later failure, while the connection is being closed, must not end the process.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    throw new DatabaseUnreachableError('the database of DATABASE_URL cannot be reached', { cause })
  } finally {
    await client.end()
  }
}

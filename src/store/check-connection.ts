import pg from 'pg'

/** For the operator. The message never contains the URL, which holds a password. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError'
}

/** For the operator. */
export class DatabaseUnusableError extends Error {
  override readonly name = 'DatabaseUnusableError'
}

const TIMEOUT_MILLISECONDS = 10_000

/**
 * Connects once, to check the database before the server starts.
 * @throws DatabaseUnreachableError with the reason as its cause; DatabaseUnusableError for a standby and for an encoding that cannot
 *   store every text.
 */
export async function checkConnection(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: TIMEOUT_MILLISECONDS })
  // Failures reach the query that runs; a later failure, while the connection is being closed, must not end the process.
  client.on('error', () => {})
  try {
    await client.connect().catch((cause) => {
      throw new DatabaseUnreachableError('the database of DATABASE_URL cannot be reached', { cause })
    })
    const { rows } = await client.query<{ encoding: string; isReadOnly: boolean }>(
      `select current_setting('server_encoding') as encoding,
         pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as "isReadOnly"`,
    )
    const [{ encoding = '', isReadOnly = false } = {}] = rows
    if (encoding !== 'UTF8') {
      const remedy = "create one with: create database laurel template template0 encoding 'UTF8'"
      throw new DatabaseUnusableError(`the database of DATABASE_URL has the encoding ${encoding}: ${remedy}`)
    }
    if (isReadOnly)
      throw new DatabaseUnusableError(
        'the database of DATABASE_URL accepts no writes, as a standby: give the address of the primary',
      )
  } finally {
    await client.end()
  }
}

/* Makes 25 trivial queries a second on the database of its argument, until it is killed. */
import pg from 'pg'

const INTERVAL_MILLISECONDS = 40

const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
setInterval(() => void client.query('select 1'), INTERVAL_MILLISECONDS)

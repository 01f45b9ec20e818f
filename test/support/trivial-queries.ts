/* Makes 25 trivial queries a second on the database of its argument, until it is killed. Prints a line when it begins. */
import pg from 'pg'

const INTERVAL_MILLISECONDS = 40

const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
process.stdout.write('connected\n')
setInterval(() => void client.query('select 1'), INTERVAL_MILLISECONDS)

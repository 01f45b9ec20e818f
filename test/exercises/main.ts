/** `npm run exercise -- NAME [--times N]`: see README.md beside this. */
import { parseArgs } from 'node:util'
import { cluster } from './cluster.ts'
import type { Exercise } from './exercise.ts'
import { failover } from './failover.ts'
import { kill } from './kill.ts'
import { migration } from './migration.ts'
import { behindNginx, behindPgbouncer } from './mixed.ts'
import { storm } from './storm.ts'

const exercises: Readonly<Record<string, Exercise>> = {
  kill,
  storm,
  cluster,
  failover,
  migration: migration(400_000),
  'pgbouncer-transaction': behindPgbouncer('transaction'),
  'pgbouncer-session': behindPgbouncer('session'),
  nginx: behindNginx,
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { times: { type: 'string' } } })
const [name = ''] = positionals
const exercise = exercises[name]
const times = Number(values.times ?? exercise?.times)
if (exercise === undefined || !Number.isInteger(times) || times < 1) {
  const list = Object.entries(exercises).map(
    ([one, { title, times: each }]) => `  ${one}: ${title}; ${each} times`,
  )
  process.stderr.write(`usage: npm run exercise -- NAME [--times N]\n${list.join('\n')}\n`)
  process.exit(2)
}
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
const counts = await exercise.run(times, (line) => {
  // Each round logs, so that an interrupted exercise stops its processes and removes its files.
  interrupted.signal.throwIfAborted()
  process.stderr.write(`${line}\n`)
})
for (const [what, count] of Object.entries(counts)) process.stdout.write(`${what}: ${count}\n`)

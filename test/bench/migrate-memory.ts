/**
 * Pipes generated JSON lines into `laurel migrate run -`, and prints the resident memory of the command and of the server meanwhile. Run with
 * `npm exec -c 'node test/bench/migrate-memory.ts [GIGABYTES] [BYTES OF A LINE]'`. Fails if the memory of the last quarter is above 1.1 times that of the
 * second: in the first, caches and heaps grow to their sizes.
 */
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { startCommand } from '../support/laurel.ts'
import { startServerProcess } from '../support/server.ts'
import { median } from './rounds.ts'

const [gigabytes = 10, bytesOfLine = 1_000] = process.argv.slice(2).map(Number)
const ACHIEVEMENTS = 10
const MAX_GROWTH = 1.1
const SAMPLES = 40
const LINES_OF_CHUNK = 64
/** Members that the mapping does not name, as exports of other systems have them. */
const OTHERS = `"device":"${'x'.repeat(Math.max(0, bytesOfLine - 80))}"`
const MAPPING = {
  format: 'MIGRATION_FORMAT_JSON_LINES',
  player: { field: 'player' },
  achievement: { field: 'achievement' },
  values: [{ field: 'percent', unit: 'MIGRATION_UNIT_PERCENT' }],
}

await using cleanup = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'laurel-memory-'))
cleanup.defer(() => rm(folder, { recursive: true, force: true }))
await chmod(folder, 0o755)
const server = cleanup.use(await startServerProcess({ env: { LAUREL_DATA_DIR: folder } }))
const ids = Array.from({ length: ACHIEVEMENTS }, (_, index) => `moved-${index}`)
await createFixture(server.address, Object.fromEntries(ids.map((id) => [id, 100n])))
const mapping = join(folder, 'mapping.json')
await writeFile(mapping, JSON.stringify(MAPPING))
const command = startCommand(
  'src/cli/main.ts',
  ['migrate', 'run', '-', '--title', TITLE_ID, '--job', 'memory', '--mapping', mapping, '--json'],
  { env: { LAUREL_GRPC_ADDRESS: server.address } },
)
cleanup.defer(() => void command.process.kill())
const input = command.process.stdin as NonNullable<typeof command.process.stdin>
// A command that fails reads no more: its result has the reason.
input.on('error', () => {})
const ended = new AbortController()
command.process.once('close', () => ended.abort())

const memory: { readonly command: number; readonly server: number }[] = []
const start = performance.now()
let [bytes, rows] = [0, 0]
while (bytes < gigabytes * 1e9 && !ended.signal.aborted) {
  const chunk = Array.from({ length: LINES_OF_CHUNK }, () => {
    rows += 1
    const player = Math.floor(rows / ACHIEVEMENTS)
    return `{"player":"moved-${player}","achievement":"moved-${rows % ACHIEVEMENTS}","percent":${(player * 31 + rows) % 101},${OTHERS}}\n`
  }).join('')
  bytes += chunk.length
  if (!input.write(chunk)) await once(input, 'drain', { signal: ended.signal }).catch(() => {})
  if (bytes < ((memory.length + 1) * gigabytes * 1e9) / SAMPLES) continue
  memory.push({
    command: await residentMebibytes(command.process.pid),
    server: await residentMebibytes(server.process.pid),
  })
  const { command: ofCommand, server: ofServer } = memory.at(-1) as (typeof memory)[number]
  process.stdout.write(
    `${(bytes / 1e9).toFixed(2)} GB, ${rows} rows, ${Math.round((performance.now() - start) / 1000)} s: command ${ofCommand} MiB, server ${ofServer} MiB\n`,
  )
}
input.end()
const { code, stdout, stderr } = await command.result
if (code !== 0) throw new Error(`the command ended with exit code ${code}: ${stderr}`)
const { newCount } = JSON.parse(stdout)
if (newCount !== String(rows)) throw new Error(`${rows} rows must be new, and are ${newCount}`)
let isFlat = true
for (const name of ['command', 'server'] as const) {
  const quarter = Math.floor(memory.length / 4)
  const values = memory.map((sample) => sample[name])
  const growth = median(values.slice(-quarter)) / median(values.slice(quarter, 2 * quarter))
  isFlat &&= growth <= MAX_GROWTH
  process.stdout.write(`memory of the ${name}: ${growth.toFixed(2)}, at most ${MAX_GROWTH}\n`)
}
process.exitCode = isFlat ? 0 : 1

async function residentMebibytes(pid: number | undefined): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kibibytes) / 1024)
}

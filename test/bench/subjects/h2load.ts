import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EMPTY_MESSAGE, HEALTH_CHECK } from '../load/connection.ts'
import type { Measured, Timing } from '../load/jobs.ts'
import type { Subject } from '../rounds.ts'
import type { Setup } from '../setup.ts'

const run = promisify(execFile)

/** `noop` by another load generator, if it is installed. */
export async function noopByH2load({ server }: Setup): Promise<readonly Subject[]> {
  const isInstalled = await run('h2load', ['--version']).then(
    () => true,
    () => false,
  )
  if (!isInstalled) return []
  return [{ name: 'noop, by h2load', unit: 'calls', measure: (timing) => measure(server.address, timing) }]
}

async function measure(address: string, { leadSeconds, seconds }: Timing): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-h2load-'))
  try {
    const body = join(folder, 'message')
    await writeFile(body, EMPTY_MESSAGE)
    const lead = `--warm-up-time=${milliseconds(leadSeconds)}`
    const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers']
    const load = ['-c', '4', '-m', '32', '-D', milliseconds(seconds), lead, '-d', body, ...headers]
    const { stdout } = await run('h2load', [...load, `http://${address}${HEALTH_CHECK}`])
    return read(stdout, seconds)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`
}

/** h2load checks only the HTTP status, and does not report its CPU time. */
function read(output: string, seconds: number): Measured {
  const [, succeeded, failed] = /(\d+) succeeded, (\d+) failed/.exec(output) ?? []
  if (succeeded === undefined || failed === undefined)
    throw new Error(`unexpected output of h2load: ${output}`)
  const count = Number(succeeded)
  return { count, seconds, succeeded: count, failed: Number(failed), generatorCpu: Number.NaN }
}

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EMPTY_MESSAGE, HEALTH_CHECK } from '../load/connection.ts'
import type { Measured, Timing } from '../load/jobs.ts'
import type { Subject } from '../rounds.ts'
import type { Scene } from '../settings.ts'

const run = promisify(execFile)

/** The no-op once more, by a load generator that is not ours; none where it is not installed. */
export async function noopByH2load({ server }: Scene): Promise<readonly Subject[]> {
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

/** It judges by the status of HTTP alone, and does not say what it cost. */
function read(said: string, seconds: number): Measured {
  const [, succeeded, failed] = /(\d+) succeeded, (\d+) failed/.exec(said) ?? []
  if (succeeded === undefined || failed === undefined)
    throw new Error(`h2load does not say how it went: ${said}`)
  const count = Number(succeeded)
  return { count, seconds, succeeded: count, failed: Number(failed), generatorCpu: Number.NaN }
}

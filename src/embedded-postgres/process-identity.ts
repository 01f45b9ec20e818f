import { readFile } from 'node:fs/promises'
import { run } from './run.ts'

/**
 * The command line of a process, or undefined when it does not run. A zombie has none: where nobody reaps a
 * killed child (a container whose first process is Laurel), its id still answers to signals.
 */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text === '' ? undefined : text.replaceAll('\0', ' ')
  }
  if (process.platform === 'win32') return acceptsSignals(pid) ? '' : undefined
  const { ok, output } = await run('ps', ['-p', String(pid), '-o', 'args='])
  return ok ? output : undefined
}

/**
 * When a process started, in a form that only says whether two answers are the same process: an id is given
 * out again after a while. Undefined when it does not run.
 */
export async function startMark(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    // The name in parentheses may hold anything; the state is the first field after it, the start the twentieth.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields === undefined || fields[0] === 'Z') return undefined
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    return `${boot.trim()}/${fields[19]}`
  }
  if (process.platform === 'win32') return acceptsSignals(pid) ? 'running' : undefined
  const { ok, output } = await run('ps', ['-p', String(pid), '-o', 'lstart='])
  return ok ? output : undefined
}

function acceptsSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

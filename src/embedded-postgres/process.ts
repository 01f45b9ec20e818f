import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** A user of the operating system. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

export interface RunOptions {
  /** Undefined for the user of this process. */
  readonly user?: SystemUser | undefined
  /** Discards the output: a server that the program starts would inherit the pipe and keep it open. */
  readonly detachOutput?: boolean
}

export interface RunResult {
  readonly ok: boolean
  readonly output: string
}

/**
 * Runs a program to its end. It never throws: a program that cannot be started is a result that is not ok. The program gets
 * a session of its own, which the Ctrl-C for Laurel does not reach, a working folder that every user can enter, and an
 * environment without PG* variables.
 */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const isWindows = process.platform === 'win32'
  const output = options.detachOutput ? 'ignore' : 'pipe'
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...(options.user ?? {}),
      ...(isWindows
        ? {}
        : { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' } }),
      detached: !isWindows,
      windowsHide: true,
      stdio: ['ignore', output, output],
    })
    let text = ''
    const collect = (chunk: Buffer) => {
      text += chunk.toString()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output: text.trim() }))
  })
}

/**
 * Returns the command line of a process, or undefined if it does not run. A zombie has none, although its id still accepts
 * signals: in a container whose first process is Laurel, no process reaps killed children.
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
 * Returns a text that identifies a running process even when the system reuses its id: the start time, in the system's own
 * format. Undefined if the process does not run.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    // The name in parentheses may contain spaces. The state is the first field after it, the start time the twentieth.
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

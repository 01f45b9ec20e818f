import { spawn } from 'node:child_process'

/** The operating system user that Postgres runs as; undefined for the one who runs Laurel. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

export interface RunOptions {
  readonly user?: SystemUser | undefined
  /** Keeps no pipe to the program: a server that it leaves behind must not hold ours open. */
  readonly detachOutput?: boolean
}

export interface RunResult {
  readonly ok: boolean
  readonly output: string
}

/**
 * Runs a program to its end. It never throws: a program that cannot be started is a result that is not ok.
 *
 * The program gets a session of its own, so that the Ctrl-C meant for Laurel does not reach it, a folder that
 * every user can enter, and an environment without the caller's PG* variables.
 */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const windows = process.platform === 'win32'
  const output = options.detachOutput ? 'ignore' : 'pipe'
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...(options.user ?? {}),
      ...(windows
        ? {}
        : { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' } }),
      detached: !windows,
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

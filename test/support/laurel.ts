import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export interface CommandResult {
  /** Null if a signal ended the command. */
  readonly code: number | null
  readonly stdout: string
  /** Without progress lines. */
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The standard input; empty by default. */
  readonly input?: string
}

export interface RunningCommand {
  readonly process: ChildProcess
  readonly result: Promise<CommandResult>
}

/** Progress lines that a long command prints every three seconds: they appear on a slow machine only. */
const PROGRESS_LINES =
  /^((sent|read|loaded) [\d.]+ MiB|\d+ (entry|entries|definitions?|players?|lines?)( of \d+)?)\n/gm

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the laurel command in a process of its own, in the repository's folder. */
export function runLaurel(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { process: child, result } = startCommand('src/cli/main.ts', args, options)
  // A command that reads no input may end before the input is written.
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  return result
}

/** Starts a script of the repository; its standard input stays open. */
export function startCommand(
  script: string,
  args: readonly string[] = [],
  { env = {} }: CommandOptions = {},
): RunningCommand {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  })
  const ended = once(child, 'close')
  const result = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
    ([stdout, stderr, [code]]) => ({
      code: code as number | null,
      stdout,
      stderr: stderr.replace(PROGRESS_LINES, ''),
    }),
  )
  return { process: child, result }
}

/**
 * Runs the laurel command in this process, because a process of its own takes more than a second of CPU to load. Runs one at a time:
 * the outputs and the environment belong to the process.
 */
export async function runLaurelHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const written = { stdout: '', stderr: '' }
  const before = { env: process.env, exitCode: process.exitCode }
  const { stdout, stderr } = process
  const writes = { stdout: stdout.write, stderr: stderr.write }
  const { runProgram } = await import('../../src/cli/program.ts')
  try {
    process.env = { ...process.env, ...env }
    process.exitCode = 0
    stdout.write = (chunk) => {
      written.stdout += chunk
      return true
    }
    stderr.write = (chunk) => {
      written.stderr += chunk
      return true
    }
    await runProgram(['node', 'laurel', ...args])
    return {
      code: Number(process.exitCode),
      stdout: written.stdout,
      stderr: written.stderr.replace(PROGRESS_LINES, ''),
    }
  } finally {
    Object.assign(stdout, { write: writes.stdout })
    Object.assign(stderr, { write: writes.stderr })
    process.env = before.env
    process.exitCode = before.exitCode
  }
}

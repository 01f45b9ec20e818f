import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Job, Measured } from './load/jobs.ts'

/** What a child says: that it is ready and where, what it measured, or what went wrong. */
type Message = { readonly ready: string } | { readonly measured: Measured } | { readonly error: string }

/** Starts a process that ends when this one does, whatever ends it. */
function start(file: string, ...args: readonly string[]): ChildProcess {
  return fork(new URL(file, import.meta.url), args, { execArgv: [], detached: true })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) child.disconnect()
  await exited
}

async function answerOf(child: ChildProcess, what: string): Promise<Message> {
  const over = new AbortController()
  const { signal } = over
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as Message),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${what} ended with exit code ${code}`)
      }),
    ])
  } finally {
    over.abort()
  }
}

/** The load generator. */
export interface Load extends AsyncDisposable {
  run(job: Job): Promise<Measured>
}

export function startLoad(): Load {
  const child = start('load/main.ts')
  return {
    async run(job) {
      child.send(job)
      const answer = await answerOf(child, 'the load generator')
      if ('measured' in answer) return answer.measured
      throw new Error(`the load generator failed: ${'error' in answer ? answer.error : ''}`)
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

/** A helper that serves something, and says where. */
export interface Helper extends AsyncDisposable {
  readonly place: string
}

export async function startHelper(file: string, ...args: readonly string[]): Promise<Helper> {
  const child = start(file, ...args)
  const answer = await answerOf(child, file)
  if (!('ready' in answer)) throw new Error(`${file} did not start`)
  return { place: answer.ready, [Symbol.asyncDispose]: () => stop(child) }
}

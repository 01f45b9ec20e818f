import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Job, Measured } from './load/jobs.ts'

/** A message from a child process. `ready` is its address. */
type Message = { readonly ready: string } | { readonly measured: Measured } | { readonly error: string }

/** Starts a process that ends with this one, even if this one is killed. */
function start(file: string, ...args: readonly string[]): ChildProcess {
  return fork(new URL(file, import.meta.url), args, { execArgv: [], detached: true })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) child.disconnect()
  await exited
}

async function nextMessage(child: ChildProcess, name: string): Promise<Message> {
  const over = new AbortController()
  const { signal } = over
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as Message),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${name} ended with exit code ${code}`)
      }),
    ])
  } finally {
    over.abort()
  }
}

export interface Load extends AsyncDisposable {
  run(job: Job): Promise<Measured>
}

export function startLoad(): Load {
  const child = start('load/main.ts')
  return {
    async run(job) {
      child.send(job)
      const message = await nextMessage(child, 'the load generator')
      if ('measured' in message) return message.measured
      throw new Error(`the load generator failed: ${'error' in message ? message.error : ''}`)
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

/** A child process that serves at an address: `host:port` or a URL. */
export interface Helper extends AsyncDisposable {
  readonly address: string
}

export async function startHelper(file: string, ...args: readonly string[]): Promise<Helper> {
  const child = start(file, ...args)
  const message = await nextMessage(child, file)
  if (!('ready' in message)) throw new Error(`${file} did not start`)
  return { address: message.ready, [Symbol.asyncDispose]: () => stop(child) }
}

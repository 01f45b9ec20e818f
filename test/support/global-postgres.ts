import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestProject } from 'vitest/node'
import type { TestServer } from './throwaway-postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer
  }
}

interface Shared {
  users: number
  readonly child: ChildProcess
  readonly server: Promise<TestServer>
}

// Each project loads this file for itself; they share one database server through globalThis.
const shared = globalThis as typeof globalThis & { laurelTestServer?: Shared | undefined }

/** Starts the database server of the run, or shares the server that another project started. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.laurelTestServer ??= start()
  const mine = shared.laurelTestServer
  mine.users += 1
  project.provide('testServer', await mine.server)
  return async () => {
    mine.users -= 1
    if (mine.users > 0) return
    shared.laurelTestServer = undefined
    const exited = once(mine.child, 'exit')
    mine.child.disconnect()
    await exited
  }
}

function start(): Shared {
  const child = fork(new URL('throwaway-postgres.ts', import.meta.url), { execArgv: [], detached: true })
  const started = once(child, 'message').then(([message]) => message as TestServer)
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the database server for the tests did not start (exit code ${code}): see above`)
  })
  return { users: 0, child, server: Promise.race([started, failed]) }
}

import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestServer } from '../support/throwaway-postgres.ts'

/** A migrated, empty database on a real Postgres that goes away when it is disposed. */
export async function startThrowawayDatabase(): Promise<AsyncDisposable & { readonly url: string }> {
  const script = new URL('../support/throwaway-postgres.ts', import.meta.url)
  const child = fork(script, { execArgv: [], detached: true })
  const exited = once(child, 'exit')
  const failed = exited.then(() => {
    throw new Error('the database server for the corpus did not start')
  })
  const [message] = await Promise.race([once(child, 'message'), failed])
  const { adminUrl, template } = message as TestServer
  const url = new URL(adminUrl)
  url.pathname = `/${template}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await exited
    },
  }
}

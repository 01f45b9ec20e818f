import { rm } from 'node:fs/promises'
import { createAuth } from './auth.ts'
import { createTestDatabase } from './database.ts'
import { createFixture, TITLE_ID } from './fixture.ts'
import { type RunningServer, startServerProcess } from './server.ts'

export interface OpenAndClosed extends AsyncDisposable {
  readonly databaseUrl: string
  /** The server without authentication. */
  readonly open: RunningServer
  /** The server with an auth file. */
  readonly closed: RunningServer
  readonly auth: Awaited<ReturnType<typeof createAuth>>
}

/** Starts two servers on one database with a title; `env` is added to the open server's environment. */
export async function startOpenAndClosed(env: Readonly<Record<string, string>>): Promise<OpenAndClosed> {
  await using stack = new AsyncDisposableStack()
  const auth = await createAuth([TITLE_ID])
  stack.defer(() => rm(auth.folder, { recursive: true }))
  const { url: databaseUrl } = stack.use(await createTestDatabase())
  const closed = stack.use(await startServerProcess({ databaseUrl, env: auth.env }))
  const open = stack.use(await startServerProcess({ databaseUrl, env }))
  await createFixture(open.address, { plain: undefined })
  const all = stack.move()
  return { databaseUrl, open, closed, auth, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

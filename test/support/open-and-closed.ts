import { rm } from 'node:fs/promises'
import { createAuth } from './auth.ts'
import { createTestDatabase } from './database.ts'
import { createWorld, TITLE_ID } from './fixture.ts'
import { type RunningServer, startServer } from './server.ts'

export interface OpenAndClosed extends AsyncDisposable {
  readonly databaseUrl: string
  /** Where nobody is asked who they are. */
  readonly open: RunningServer
  /** Where they are. */
  readonly closed: RunningServer
  readonly auth: Awaited<ReturnType<typeof createAuth>>
}

/** Two servers on one database, with a title; `env` is of the one that is open. */
export async function startOpenAndClosed(env: Readonly<Record<string, string>>): Promise<OpenAndClosed> {
  await using stack = new AsyncDisposableStack()
  const auth = await createAuth([TITLE_ID])
  stack.defer(() => rm(auth.folder, { recursive: true }))
  const { url: databaseUrl } = stack.use(await createTestDatabase())
  const closed = stack.use(await startServer({ databaseUrl, env: auth.env }))
  const open = stack.use(await startServer({ databaseUrl, env }))
  await createWorld(open.address, { plain: undefined })
  const all = stack.move()
  return { databaseUrl, open, closed, auth, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

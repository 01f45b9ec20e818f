import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createAuth } from './auth.ts'
import { createTestDatabase } from './database.ts'
import { runLaurelHere } from './laurel.ts'
import { startServer } from './server.ts'

/** Starts a server with an auth file, and a title `race`, for commands of an operator. */
export async function startCommandServer(settings: Readonly<Record<string, string>> = {}) {
  const database = await createTestDatabase()
  const auth = await createAuth(['race'])
  const server = await startServer({ databaseUrl: database.url, env: { ...auth.env, ...settings } })
  const environment = (token = auth.operator) => ({
    LAUREL_GRPC_ADDRESS: server.address,
    LAUREL_TOKEN: token,
  })
  const laurel = (...args: readonly string[]) => runLaurelHere(args, environment())
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await laurel(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }
  await done('titles', 'create', 'race', '--display-name', 'Race')
  return {
    auth,
    environment,
    laurel,
    /** Returns the output of a command that succeeds. */
    done,
    /** Returns the records of a command that prints lines of JSON. */
    records: async (...args: readonly string[]) => {
      const lines = (await done(...args, '--json')).split('\n')
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
    },
    /** Writes a file, and returns its path. */
    fileWith: (name: string, content: unknown) => {
      const file = join(auth.folder, name)
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
      return file
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
      rmSync(auth.folder, { recursive: true })
    },
  }
}

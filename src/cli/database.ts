import { readProcessConfig } from '../config.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/index.ts'
import { checkConnection } from '../store/check-connection.ts'
import { createLog } from '../telemetry/log.ts'

export interface OpenDatabase extends AsyncDisposable {
  readonly connectionString: string
}

/** Opens the database of DATABASE_URL, else the embedded one, which a server may be running. It must exist. */
export async function runningDatabase(): Promise<OpenDatabase> {
  const { databaseUrl, dataDirectory } = readProcessConfig()
  if (databaseUrl !== undefined) return openUrl(databaseUrl)
  const running = await findEmbeddedPostgres(dataDirectory)
  return running === undefined ? startEmbedded(dataDirectory) : notOwned(running)
}

/** Opens the database of DATABASE_URL, else the embedded one, which no server may be using. It is created if missing. */
export async function stoppedDatabase(): Promise<OpenDatabase> {
  const { databaseUrl, dataDirectory } = readProcessConfig()
  return databaseUrl === undefined ? startEmbedded(dataDirectory) : openUrl(databaseUrl)
}

function startEmbedded(dataDirectory: string): Promise<OpenDatabase> {
  return startEmbeddedPostgres({ dataDirectory, log: createLog('error') })
}

async function openUrl(databaseUrl: string): Promise<OpenDatabase> {
  await checkConnection(databaseUrl)
  return notOwned(databaseUrl)
}

function notOwned(connectionString: string): OpenDatabase {
  return { connectionString, [Symbol.asyncDispose]: async () => {} }
}

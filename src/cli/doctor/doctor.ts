import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { checkConfig } from '../../check-config.ts'
import { type Config, ConfigError, type Environment, processEnvironment, readConfig } from '../../config.ts'
import {
  EmbeddedPostgresError,
  findEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../embedded-postgres/index.ts'
import { listSettings, unknownVariables } from '../../settings.ts'
import { createLog } from '../../telemetry/log.ts'
import { listing, print, table } from '../terminal.ts'
import { checkDatabase } from './check-database.ts'
import { checkDestinations } from './check-destinations.ts'
import { checkDisk } from './check-disk.ts'
import { checkSettings } from './check-settings.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const HELP = `
Run it where the server runs, with the server's environment. It changes nothing and sends nothing to destinations. The exit code is 1 if
a check fails, which keeps the server from starting or calls from succeeding; a warning is something to know.`

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the configuration, the database and everything else that a server here needs')
    .option('--json', 'print the settings and the findings as one JSON object')
    .addHelpText('after', HELP)
    .action(async ({ json }: { readonly json?: boolean }) => {
      const environment = processEnvironment()
      const settings = listSettings(environment)
      const findings = await examine(environment)
      if (json) print([JSON.stringify({ settings, findings }, undefined, 2)])
      else {
        const rows = settings.map(({ name, value, source }) => [name, value, source])
        print(listing('settings', ['variable', 'value', 'source'], rows))
        print([
          '',
          ...table(
            ['', 'check', ''],
            findings.map(({ level, check, message }) => [level, check, message]),
          ),
        ])
      }
      if (findings.some(({ level }) => level === 'fail')) process.exitCode = 1
    })
}

async function examine(environment: Environment): Promise<readonly Finding[]> {
  const unknown = unknownVariables(environment).map((problem) => warn('configuration', problem))
  try {
    const config = readConfig(environment)
    checkConfig(config)
    const valid = ok('configuration', 'every variable has a valid value')
    return [
      valid,
      ...unknown,
      ...(await checkSettings(config)),
      ...checkDisk(config),
      ...(await checkStorage(config)),
    ]
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [...error.problems.map((problem) => fail('configuration', problem)), ...unknown]
  }
}

/** Checks the configured database. The embedded one is started for it, unless it runs. */
async function checkStorage(config: Config): Promise<readonly Finding[]> {
  const { databaseUrl, dataDirectory } = config
  if (databaseUrl !== undefined) return checkUrl(databaseUrl, config)
  if (!existsSync(join(dataDirectory, 'postgres')))
    return [ok('database', `the embedded Postgres is created in ${dataDirectory} when the server starts`)]
  const running = await findEmbeddedPostgres(dataDirectory)
  if (running !== undefined) return checkUrl(running, config)
  try {
    await using postgres = await startEmbeddedPostgres({ dataDirectory, log: createLog('silent') })
    return await checkUrl(postgres.connectionString, config)
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error
    return [fail('database', reasonOf(error))]
  }
}

async function checkUrl(connectionString: string, config: Config): Promise<readonly Finding[]> {
  const findings = await checkDatabase(connectionString, config)
  if (findings.some(({ level }) => level === 'fail')) return findings
  return [...findings, ...(await checkDestinations(connectionString, config))]
}

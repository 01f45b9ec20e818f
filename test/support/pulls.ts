import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ExchangeServiceClient,
  ExportAchievementsRequest,
  ExportProgressRequest,
} from '../../src/gen/laurel/v1/exchange_service.ts'
import type { Binding } from '../../src/model/title.ts'
import { createClient } from './client.ts'
import { createTestDatabase } from './database.ts'
import { type CommandResult, type RunningCommand, runLaurel, startCommand } from './laurel.ts'
import { type RunningServer, startServer } from './server.ts'

export interface PullHouse extends AsyncDisposable {
  /** The server that the pull writes to. */
  readonly server: RunningServer
  /** Holds credentials and other files of a test. */
  readonly folder: string
  /** Runs a command against the server. */
  laurel(...args: readonly string[]): Promise<CommandResult>
  /** Starts a command that the test will kill. */
  start(...args: readonly string[]): RunningCommand
  /** Returns the state file of a title's pull. */
  stateOf(title: string): string
  /** Runs a pull and returns its report. */
  pull(...args: readonly string[]): Promise<Pulled>
  /** Runs a migration job and returns it as `--json` printed it. */
  run(title: string, job: string, ...inputs: readonly string[]): Promise<CommandResult & { job: Printed }>
  /** Exports a title's definitions, or the progress of one player or of `all`. */
  exported(
    dialect: string,
    titleId: string,
    of?: { shape?: string; playerId?: string | 'all' },
  ): Promise<Printed>
  file(name: string, content: unknown): Promise<string>
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
export type Printed = any

export interface Pulled extends CommandResult {
  /** The output of `--json`; undefined if the command printed none. */
  readonly report: Printed
}

/** Returns the options of `laurel pull` that bind a title. */
export function bindingOptions(binding: Binding): readonly string[] {
  return Object.entries(binding).flatMap(([name, id]) => ['--binding', `${name}=${id}`])
}

/** Starts a server on a database of its own, for pulls into it by the command line. */
export async function openPullHouse(): Promise<PullHouse> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'laurel-pull-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const database = stack.use(await createTestDatabase())
  const server = stack.use(await startServer({ databaseUrl: database.url }))
  const env = { LAUREL_GRPC_ADDRESS: server.address, LAUREL_CREDENTIALS_DIR: folder }
  const stateOf = (title: string) => join(folder, `${title}.state.json`)
  const all = stack.move()
  return {
    server,
    folder,
    stateOf,
    laurel: (...args) => runLaurel(args, { env }),
    start: (...args) => startCommand('src/cli/main.ts', args, { env }),
    async pull(...args) {
      const state = ['--state', stateOf(args[args.indexOf('--title') + 1] ?? '')]
      const result = await runLaurel(['pull', ...args, ...state, '--rate', '1000', '--json'], { env })
      return { ...result, report: result.stdout === '' ? undefined : JSON.parse(result.stdout) }
    },
    async run(title, job, ...inputs) {
      const args = ['migrate', 'run', ...inputs, '--title', title, '--job', job, '--rate', '1000', '--json']
      const result = await runLaurel(args, { env })
      return { ...result, job: result.stdout === '' ? undefined : JSON.parse(result.stdout) }
    },
    async exported(dialect, titleId, { shape = '', playerId } = {}) {
      using client = createClient(ExchangeServiceClient, server.address)
      const request = { dialect, titleId, shape }
      const call =
        playerId === undefined
          ? client.exportAchievements(ExportAchievementsRequest.fromPartial(request))
          : client.exportProgress(
              ExportProgressRequest.fromPartial({ ...request, playerId: playerId === 'all' ? '' : playerId }),
            )
      const parts = (await Array.fromAsync(call)) as { content: Uint8Array }[]
      return JSON.parse(Buffer.concat(parts.map(({ content }) => content)).toString())
    },
    async file(name, content) {
      const path = join(folder, name)
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

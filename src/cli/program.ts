import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { explain } from './failure.ts'
import { Interrupted } from './interrupt.ts'
import { print } from './terminal.ts'

/** The exit code that shells report for a program that SIGINT ended. */
const INTERRUPTED = 130
/** The exit code that shells report for a program that SIGPIPE ended. */
const CUT_OFF = 141

type AddCommand = (program: Command) => void

/** Each command's modules, in the order of the help. Loading them all takes most of the time of a short command. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => addServe,
  import: async () => (await import('./import.ts')).addImport,
  export: async () => (await import('./export.ts')).addExport,
  pull: async () => (await import('./pull.ts')).addPull,
  translate: async () => (await import('./offline.ts')).addTranslate,
  lint: async () => (await import('./lint.ts')).addLint,
  call: async () => (await import('./call.ts')).addCall,
  dialects: async () => (await import('./offline.ts')).addDialects,
  db: async () => (await import('./db.ts')).addDb,
}

const HELP = `
import, export, pull, lint and call use the server at the environment variable LAUREL_GRPC_ADDRESS (default
127.0.0.1:50051); the other commands need no server. Each command has its own --help.`

const program = new Command('laurel')
  .description('One achievement backend that speaks every platform’s dialect.')
  .version(manifest.version, '--version', 'print the version of laurel')
  .exitOverride()
  .showHelpAfterError('(--help lists commands and options)')
  .addHelpText('before', rejectUnknownCommand)
  .addHelpText('after', HELP)
for (const load of commandsFor(process.argv[2])) (await load())(program)

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader closed the pipe, as in `laurel export ... | head`.
    if (error.code === 'EPIPE') process.exit(CUT_OFF)
    throw error
  })
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** Returns the loader of the named command, or all loaders for the general help and for errors that list the commands. */
function commandsFor(name: string | undefined): readonly (() => Promise<AddCommand>)[] {
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return named === undefined ? Object.values(COMMANDS) : [named]
}

/** Commander would print the general help for `laurel unknown --help`. */
function rejectUnknownCommand(): string {
  const [command = ''] = program.args
  const isKnown = command === '' || command === 'help' || command.startsWith('-')
  return isKnown ? '' : program.error(`error: unknown command '${command}'`)
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description(
      'serve gRPC and the platforms’ HTTP APIs, as npm start does; settings are environment variables',
    )
    .action(async () => {
      await import('../serve.ts')
    })
}

function exitCodeOf(error: unknown): number {
  // Commander has printed the message already; code 0 is `--help` and `--version`.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const [first, ...others] = explain(error)
  print([`laurel: ${first}`, ...others], process.stderr)
  return error instanceof Interrupted ? INTERRUPTED : 1
}

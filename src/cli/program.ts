import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { explain } from './failure.ts'
import { Interrupted } from './interrupt.ts'
import { NOUNS } from './nouns/rows.ts'
import { print } from './terminal.ts'

/** The exit code that shells report for a program that SIGINT ended. */
const INTERRUPTED = 130
/** The exit code that shells report for a program that SIGPIPE ended. */
const CUT_OFF = 141

/** The command that lists all others. */
const COMPLETION = 'completion'

type AddCommand = (program: Command) => void

/** Each command's modules, in the order of the help. Loading them all takes most of the time of a short command. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => addServe,
  import: async () => (await import('./import.ts')).addImport,
  export: async () => (await import('./export.ts')).addExport,
  pull: async () => (await import('./pull.ts')).addPull,
  migrate: async () => (await import('./migrate/command.ts')).addMigrate,
  records: async () => (await import('./records/command.ts')).addRecords,
  translate: async () => (await import('./offline.ts')).addTranslate,
  lint: async () => (await import('./lint.ts')).addLint,
  ...Object.fromEntries(Object.keys(NOUNS).map((noun) => [noun, () => loadNoun(noun)])),
  call: async () => (await import('./call.ts')).addCall,
  dialects: async () => (await import('./offline.ts')).addDialects,
  backup: async () => (await import('./backup.ts')).addBackup,
  restore: async () => (await import('./restore.ts')).addRestore,
  db: async () => (await import('./db.ts')).addDb,
  doctor: async () => (await import('./doctor/doctor.ts')).addDoctor,
  [COMPLETION]: async () => (await import('./completion.ts')).addCompletion,
}

const HELP = `
The commands that need a server use the one at the environment variable LAUREL_GRPC_ADDRESS (default 127.0.0.1:50051);
translate, dialects, backup, restore, db, doctor and completion need none. Each command has its own --help.`

/** Runs the command line of a process, and sets its exit code. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('laurel')
  program
    .description('One achievement backend that speaks every platform’s dialect.')
    .version(manifest.version, '--version', 'print the version of laurel')
    .exitOverride()
    .showHelpAfterError('(--help lists commands and options)')
    .addHelpText('before', () => rejectUnknownCommand(program))
    .addHelpText('after', HELP)
  for (const load of commandsFor(argv[2])) (await load())(program)
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.exitCode = exitCodeOf(error)
  }
}

/** Ends the process when the reader closed the pipe, as in `laurel export ... | head`. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(CUT_OFF)
      throw error
    })
  }
}

/** Returns the loader of the named command, or all loaders for the general help and for errors that list the commands. */
function commandsFor(name: string | undefined): readonly (() => Promise<AddCommand>)[] {
  const isAlone = name !== undefined && name !== COMPLETION && Object.hasOwn(COMMANDS, name)
  const named = isAlone ? COMMANDS[name] : undefined
  return named === undefined ? Object.values(COMMANDS) : [named]
}

/** Commander would print the general help for `laurel unknown --help`. */
function rejectUnknownCommand(program: Command): string {
  const [command = ''] = program.args
  const isKnown = command === '' || command === 'help' || command.startsWith('-')
  return isKnown ? '' : program.error(`error: unknown command '${command}'`)
}

async function loadNoun(noun: string): Promise<AddCommand> {
  const { addNoun } = await import('./nouns/command.ts')
  return (program) => addNoun(program, noun)
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

import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { addDb } from './db.ts'
import { addDialects } from './dialects.ts'
import { addExport } from './export.ts'
import { explain } from './failure.ts'
import { addImport } from './import.ts'
import { Interrupted } from './interrupt.ts'
import { addPull } from './pull.ts'
import { print } from './report.ts'
import { addServe } from './serve.ts'
import { addTranslate } from './translate.ts'

/** What a shell says of a program that SIGINT ended. */
const INTERRUPTED = 130
/** What it says of one that SIGPIPE ended. */
const CUT_OFF = 141

const HELP = `
import, export and pull find the server by the environment variable LAUREL_GRPC_ADDRESS, 127.0.0.1:50051 if it is not set;
the other commands need no server. Each command has its own --help.`

const program = new Command('laurel')
  .description('One achievement backend that speaks every platform’s dialect.')
  .version(manifest.version, '--version', 'print the version of laurel')
  .exitOverride()
  .showHelpAfterError('(--help says what there is)')
  .addHelpText('before', refuseUnknownCommand)
  .addHelpText('after', HELP)
for (const add of [addServe, addImport, addExport, addPull, addTranslate, addDialects, addDb]) add(program)

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has what it wanted, as in `laurel export ... | head`.
    if (error.code === 'EPIPE') process.exit(CUT_OFF)
    throw error
  })
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** Commander gives the general help to whoever asks for that of a command that there is not. */
function refuseUnknownCommand(): string {
  const [command = ''] = program.args
  const isKnown = command === '' || command === 'help' || command.startsWith('-')
  return isKnown ? '' : program.error(`error: unknown command '${command}'`)
}

function exitCodeOf(error: unknown): number {
  // Commander has said what is wrong, or what was asked: help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const [first, ...others] = explain(error)
  print([`laurel: ${first}`, ...others], process.stderr)
  return error instanceof Interrupted ? INTERRUPTED : 1
}

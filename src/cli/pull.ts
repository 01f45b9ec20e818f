import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { sources } from '../registry.ts'
import { SERVER_HELP } from './arguments.ts'
import { untilInterrupted } from './interrupt.ts'
import type { PullOptions } from './pull/options.ts'
import { runPull } from './pull/run.ts'

const HELP = `
A credential is a reference to the value of the Authorization header: env:LAUREL_CREDENTIAL_NAME, or file:NAME in the
folder LAUREL_CREDENTIALS_DIR. A pull that was stopped goes on where it was when the same command is given again.
${SERVER_HELP}`

export function addPull(program: Command): void {
  const command = program
    .command('pull')
    .description('copy definitions, and what players have, from a platform’s live API')
    .addArgument(new Argument('<dialect>', 'the dialect of the platform').choices([...sources.keys()].sort()))
    .requiredOption('--title <id>', 'the title to pull into')
    .requiredOption('--from <url>', 'the platform’s API')
    .option('--credential <reference>', 'what lets us in there')
    .option(
      '--player-credential <reference>',
      'the same for what a player has; {player} and {account} in it stand for whose it is',
    )
    .option(
      '--player <player>',
      'pull what a player has: ID, ID=ACCOUNT to give them that account, =ACCOUNT for whoever has it; may be repeated',
      each,
    )
    .option('--players-file <file>', 'the same, a line for each player')
    .addOption(
      new Option('--all-players', 'pull what all of ours have who have an account there').conflicts([
        'player',
        'playersFile',
      ]),
    )
    .option('--definitions-only', 'pull no progress')
    .addOption(
      new Option('--progress-only', 'pull no definitions; they must be there').conflicts([
        'definitionsOnly',
        'strategy',
        'allowRebinding',
      ]),
    )
    .option(
      '--binding <name=id>',
      'what the platform knows the title by, if it is not bound; may be repeated',
      pair,
    )
    .addOption(
      new Option('--strategy <strategy>', 'what to do with achievements that are there already')
        .choices(['replace', 'leave-out'])
        .default('replace'),
    )
    .option('--dry-run', 'say what would happen, and keep nothing')
    .option('--locale <tag>', 'the language of texts that do not say theirs, and the one to ask for')
    .option('--map <file>', 'a JSON object of our achievement ids by theirs')
    .option('--allow-rebinding', 'pull definitions even if their ids belong to another title')
    .option('--rate <number>', 'requests a second at most', number(0.01, 1000), 10)
    .option('--timeout <seconds>', 'how long an answer may take', number(1, 3600), 30)
    .option('--patience <seconds>', 'how long to try a page again and again', number(0, 86_400), 300)
    .option('--allow-private <address>', 'an address, block or host of a private network to call', each)
    .option('--state <file>', 'where it is kept how far the pull is (default: a file in .laurel/pull)')
    .option('--json', 'what came of it as one JSON object')
    .addHelpText('after', HELP)
    .action(async (dialect: string, options: PullOptions) => {
      const hasPlayers = [options.player, options.playersFile, options.allPlayers].some(Boolean)
      if (options.progressOnly && !hasPlayers) {
        command.error('error: --progress-only needs --player, --players-file or --all-players')
      }
      if (options.allowRebinding && hasPlayers && !options.definitionsOnly) {
        command.error('error: --allow-rebinding is for definitions: add --definitions-only')
      }
      const complete = await untilInterrupted((signal) => runPull(dialect, options, signal))
      process.exitCode = complete ? 0 : 1
    })
}

function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function pair(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, name, id] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === undefined || id === undefined) throw new InvalidArgumentError('It must be NAME=ID.')
  return new Map([...before, [name, id]])
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`)
  }
}

import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { sources } from '../registry.ts'
import { SERVER_HELP } from './client.ts'
import { untilInterrupted } from './interrupt.ts'
import type { PullOptions } from './pull/options.ts'
import { runPull } from './pull/run.ts'

const HELP = `
A credential is a reference to the value of the Authorization header: env:LAUREL_CREDENTIAL_NAME, or file:NAME in the
folder LAUREL_CREDENTIALS_DIR. An interrupted pull continues where it stopped when the same command is run again.
${SERVER_HELP}`

export function addPull(program: Command): void {
  const command = program
    .command('pull')
    .description('copy definitions, and the progress of players, from a platform’s live API')
    .addArgument(new Argument('<dialect>', 'the dialect of the platform').choices([...sources.keys()].sort()))
    .requiredOption('--title <id>', 'the title to pull into')
    .requiredOption('--from <url>', 'the URL of the platform’s API')
    .option('--credential <reference>', 'the credential for the platform')
    .option(
      '--player-credential <reference>',
      'the credential for players’ progress; {player} and {account} in it stand for the player’s ids',
    )
    .option(
      '--player <player>',
      'pull a player’s progress: ID, ID=ACCOUNT to link that account, =ACCOUNT for the player who has it; repeatable',
      each,
    )
    .option('--players-file <file>', 'a file with such a player in each line')
    .addOption(
      new Option(
        '--all-players',
        'pull the progress of all players with an account on the platform',
      ).conflicts(['player', 'playersFile']),
    )
    .option('--definitions-only', 'pull no progress')
    .addOption(
      new Option('--progress-only', 'pull no definitions; the achievements must exist').conflicts([
        'definitionsOnly',
        'strategy',
        'allowRebinding',
      ]),
    )
    .option(
      '--binding <name=id>',
      'the platform’s id of the title, if the title is not bound to it; repeatable',
      pair,
    )
    .addOption(
      new Option('--strategy <strategy>', 'what to do with achievements that exist already')
        .choices(['replace', 'leave-out'])
        .default('replace'),
    )
    .option('--dry-run', 'report the result, and store nothing')
    .option('--apply-revocations', 'revoke the unlocks that the platform has revoked')
    .option('--locale <tag>', 'the language of texts without a language tag, and the one to request')
    .option('--map <file>', 'a JSON file: an object of Laurel’s achievement ids by the platform’s')
    .option('--allow-rebinding', 'pull definitions even if their ids belong to another title')
    .option('--rate <number>', 'maximum number of requests per second', number(0.01, 1000), 10)
    .option('--timeout <seconds>', 'how long a response may take', number(1, 3600), 30)
    .option('--retry-for <seconds>', 'how long to retry the request for a page', number(0, 86_400), 300)
    .option(
      '--allow-private <address>',
      'a private address, block or host that may be called; repeatable',
      each,
    )
    .option('--state <file>', 'the file that records how far the pull is (default: a file in .laurel/pull)')
    .option('--json', 'print the report as one JSON object')
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

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`)
  }
}

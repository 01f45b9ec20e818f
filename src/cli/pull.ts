import { Argument, type Command, Option } from 'commander'
import { sources } from '../registry.ts'
import { SERVER_HELP } from './client.ts'
import { untilInterrupted } from './interrupt.ts'
import type { PullOptions } from './pull/options.ts'
import { addPlatformOptions, each } from './pull/platform-options.ts'
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
    .option('--state <file>', 'the file that records how far the pull is (default: a file in .laurel/pull)')
    .option('--json', 'print the report as one JSON object')
    .addHelpText('after', HELP)
  addPlatformOptions(
    command,
    'the credential for players’ progress; {player} and {account} in it stand for the player’s ids',
  ).action(async (dialect: string, options: PullOptions) => {
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

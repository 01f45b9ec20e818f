import { type Command, InvalidArgumentError } from 'commander'
import { SERVER_HELP } from '../client.ts'
import { explain, Failure } from '../failure.ts'
import { untilInterrupted } from '../interrupt.ts'
import { addPlatformOptions, each } from '../pull/platform-options.ts'
import { type PlanOptions, runPlan } from './plan.ts'
import { type ReconcileOptions, runReconcile } from './reconcile.ts'
import { type RefusalOptions, runRefusals } from './refusals.ts'
import { type RollbackOptions, runRollback } from './rollback.ts'
import { type RunOptions, runMigration } from './run.ts'
import { runVerify, type VerifyOptions } from './verify.ts'

const INPUTS =
  'files, patterns, folders, URLs, laurel://HOST, live APIs (DIALECT+https://…), or - for standard input; .gz and .zst are decompressed'
const LIVE_HELP = `
The options for credentials, bindings, rates and private addresses are for live APIs of platforms. A credential is a reference to the value
of the Authorization header: env:LAUREL_CREDENTIAL_NAME, or file:NAME in the folder LAUREL_CREDENTIALS_DIR.`

export function addMigrate(program: Command): void {
  const migrate = program
    .command('migrate')
    .description('move players’ progress from other systems, in bulk, resumably, and with a way back')
    .addHelpText('after', SERVER_HELP)

  addLiveOptions(
    migrate
      .command('plan')
      .description(
        'show the first records of an input as they would be imported, with losses and an estimate',
      )
      .argument('<input>', 'the input')
      .requiredOption('--title <id>', 'the title')
      .option('--mapping <file>', 'the mapping, in JSON (default: one is proposed)')
      .option('--write-mapping <file>', 'write the proposed mapping to a file')
      .option('--json', 'print the plan as JSON'),
  ).action((input: string, options: PlanOptions) => complete((signal) => runPlan(input, options, signal)))

  addLiveOptions(
    migrate
      .command('run')
      .description('import inputs, or go on after an interruption; the same command again changes nothing')
      .argument('<inputs...>', INPUTS)
      .requiredOption('--title <id>', 'the title')
      .requiredOption('--job <id>', 'the id of the job, chosen by you')
      .option(
        '--mapping <file>',
        'the mapping, in JSON, as laurel migrate plan proposes it; live APIs need none',
      )
      .option(
        '--identities <file>',
        'a CSV file without a header: an id of the input and a player id in each row',
      )
      .option(
        '--max-refusals <number>',
        'the number of refused records that still is a success',
        readCount,
        0,
      )
      .option('--refusals <file>', 'write the refused records to a file, each with the reason')
      .option(
        '--delta',
        'import what has changed since the last run of the job, by updateTime in the mapping; without update times, as in live APIs and laurel://, all is read again',
      )
      .option(
        '--overlap <minutes>',
        'how long before the last run a record may have changed unseen; decided by the first run (default: 60)',
        readCount,
      )
      .option('--keep-open', 'do not finish the job: further inputs follow')
      .option(
        '--deliveries-per-second <number>',
        'send that many changes a second to destinations',
        readCount,
        0,
      )
      .option('--json', 'print the job as JSON'),
  ).action((inputs: string[], options: RunOptions) =>
    complete((signal) => runMigration(inputs, options, signal)),
  )

  migrate
    .command('refusals')
    .description('write the refused records of a job in the format of the input, each with the reason')
    .argument('<title>', 'the title')
    .argument('<job>', 'the job')
    .option('--out <file>', 'the file to write (default: standard output)')
    .action((titleId: string, jobId: string, options: RefusalOptions) =>
      complete((signal) => runRefusals({ titleId, jobId }, options, signal), ARGUMENTS),
    )

  addLiveOptions(
    migrate
      .command('verify')
      .description('read inputs again and compare them with the stored progress')
      .argument('<inputs...>', INPUTS)
      .requiredOption('--title <id>', 'the title')
      .requiredOption('--job <id>', 'the job')
      .option('--report <file>', 'write the report, with each difference and all buckets, as JSON'),
  ).action((inputs: string[], options: VerifyOptions) =>
    complete((signal) => runVerify(inputs, options, signal)),
  )

  addLiveOptions(
    migrate
      .command('reconcile')
      .description(
        'compare inputs and platforms with the stored progress, and name what cannot be made equal',
      )
      .argument('[inputs...]', INPUTS)
      .requiredOption('--title <id>', 'the title')
      .requiredOption('--job <id>', 'the job')
      .option('--platform <input>', 'a platform to compare, by its live API; repeatable', each)
      .option(
        '--report <file>',
        'write a JSON line for each achievement of a player on which a side differs',
      ),
  ).action((inputs: string[], options: ReconcileOptions) =>
    complete((signal) => runReconcile(inputs, options, signal)),
  )

  migrate
    .command('rollback')
    .description('take back the progress that a job wrote, unless it has changed since')
    .argument('<title>', 'the title')
    .argument('<job>', 'the job')
    .requiredOption('--reason <text>', 'why; in the audit')
    .option('--json', 'print counts and remaining progress as JSON')
    .action((titleId: string, jobId: string, options: RollbackOptions) =>
      complete((signal) => runRollback({ titleId, jobId }, options, signal), ARGUMENTS),
    )
}

/** Adds the options of inputs that are live APIs of platforms. */
function addLiveOptions(command: Command): Command {
  return addPlatformOptions(
    command,
    'the credential for a player’s progress in a live API; {account} and {dialect} in it stand for those',
  )
    .option(
      '--accounts <file>',
      'a file whose lines begin with the accounts to read from a live API (default: those of all players)',
    )
    .addHelpText('after', LIVE_HELP)
}

/** Sets the exit code: 0 if everything asked for was done. */
async function complete(work: (signal: AbortSignal) => Promise<boolean>, names = OPTIONS): Promise<void> {
  const explained = (signal: AbortSignal) =>
    work(signal).catch((error: unknown) => {
      throw new Failure(explain(error, names), error)
    })
  process.exitCode = (await untilInterrupted(explained)) ? 0 : 1
}

/** How messages name the fields of requests. */
const OPTIONS: Readonly<Record<string, string>> = {
  title_id: '--title',
  job_id: '--job',
  'job.title_id': '--title',
  'job.job_id': '--job',
  'job.overlap': '--overlap',
  'job.deliveries_per_second': '--deliveries-per-second',
  mapping: 'the mapping',
}
/** Of the commands whose title and job are no options. */
const ARGUMENTS = { title_id: 'the title', job_id: 'the job' }

function readCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

import { join } from 'node:path'
import { readProcessClientConfig, readProcessOutboundConfig } from '../../config.ts'
import type { Source } from '../../dialect/source.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { Limits } from '../../outbound/contract.ts'
import { Credentials } from '../../outbound/credentials.ts'
import { openOutbound } from '../../outbound/outbound.ts'
import { sources } from '../../registry.ts'
import { explain, Failure } from '../failure.ts'
import { LossTally } from '../losses.ts'
import { print } from '../report.ts'
import type { Pulling } from './commands.ts'
import { type Job, jobKey } from './job.ts'
import { Laurel } from './laurel.ts'
import { startPullMeter } from './meter.ts'
import { credentialsIn, type PullOptions, readJob } from './options.ts'
import { Platform } from './platform.ts'
import { type Person, partsOf } from './players.ts'
import { pullDefinitions } from './pull-definitions.ts'
import { pullProgress } from './pull-progress.ts'
import { reportJson, reportLines } from './report.ts'
import { StateFile } from './state.ts'
import { refusedCount } from './tally.ts'

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

/** Pulls, and says what came of it. @returns whether all that was asked for is in */
export async function runPull(dialect: string, options: PullOptions, signal: AbortSignal): Promise<boolean> {
  const source = sources.get(dialect) as Source
  const outboundConfig = readProcessOutboundConfig()
  const { credentialOf, ownCredentials } = credentialsIn(options)
  await using stack = new AsyncDisposableStack()
  const allowPrivate = [...outboundConfig.outboundPrivate, ...(options.allowPrivate ?? [])]
  const outbound = stack.adopt(openOutbound({ allowPrivate }), (open) => open.close())
  outbound.checkUrl(options.from, '--from')
  const target = outbound.to(options.from, limitsOf(options))
  const config = readProcessClientConfig()
  const laurel = stack.use(await Laurel.connect(config, dialect, signal))
  const title = await laurel.title(options.title)
  const job = await readJob(dialect, options, { source, server: config.address, title })
  const key = jobKey(job)
  const file = new StateFile(options.state ?? join('.laurel', 'pull', `${key}.json`), key, !job.dryRun)
  const state = await file.read()
  if (file.written) {
    print(
      [`going on where this stopped at ${state.time}; to begin anew, delete ${file.path}`],
      process.stderr,
    )
  }
  const credentials = new Credentials({
    environment: outboundConfig.credentials,
    directory: outboundConfig.credentialsDirectory,
  })
  const platform = new Platform({
    target,
    credentials,
    titleId: job.titleId,
    retryPolicy: options.retryPolicy,
  })
  const losses = new LossTally(options.json === true)
  try {
    using meter = startPullMeter(job.players === 'all' ? undefined : job.players.length)
    const shared = { job, source, platform, laurel, state, file, losses, meter, signal }
    await pullAll({ ...shared, credentialOf, ownCredentials })
  } catch (error) {
    if (signal.aborted || !file.written) throw error
    const after = 'what came in stays, and the same command goes on from there'
    throw new Failure([...explain(error), after], error)
  }
  await file.remove()
  if (options.json) print([formatJson(reportJson(job, platform.host, state.tally, losses))])
  else {
    print(reportLines(job, platform.host, state.tally))
    print(losses.lines(), process.stderr)
  }
  return refusedCount(state.tally) === 0
}

async function pullAll(pulling: Pulling): Promise<void> {
  const { job, state, source, laurel } = pulling
  if (job.definitions && !state.definitions.done) {
    const person = source.definitions.ofAccount ? await firstPerson(laurel, job) : undefined
    await pullDefinitions(pulling, person)
  }
  if (job.progress) await pullProgress(pulling)
}

/** @throws Failure where there is nobody */
async function firstPerson(laurel: Laurel, { dialect, players }: Job): Promise<Person> {
  for await (const { members } of partsOf(laurel, players, '')) {
    for (const member of members) if ('person' in member) return member.person
  }
  throw new Failure([
    `${dialect} lists a title's achievements as those of an account: name a player who has one with --player, ` +
      'and add --definitions-only to pull nothing of theirs',
  ])
}

/** One page at a time: what comes of it decides where the next one begins. */
function limitsOf({ rate, timeout }: PullOptions): Partial<Limits> {
  const time = timeout * 1000
  return {
    connectTimeoutMilliseconds: Math.min(time, 10_000),
    headersTimeoutMilliseconds: time,
    bodyTimeoutMilliseconds: time,
    totalTimeoutMilliseconds: 2 * time,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    requiresWholeResponse: true,
    maxInFlight: 1,
    requestsPerSecond: rate,
    burst: 1,
  }
}

import { join } from 'node:path'
import { readProcessClientConfig, readProcessOutboundConfig } from '../../config.ts'
import type { Source } from '../../dialect/source.ts'
import { formatJson } from '../../model/exact-json.ts'
import { Credentials } from '../../outbound/credentials.ts'
import { openOutbound } from '../../outbound/outbound.ts'
import { sources } from '../../registry.ts'
import { explain, Failure } from '../failure.ts'
import { LossTally } from '../losses.ts'
import { startPullMeter } from '../meter.ts'
import { print } from '../terminal.ts'
import { copyDefinitions, copyProgress } from './copy.ts'
import { jobKey } from './job.ts'
import { Laurel } from './laurel.ts'
import { credentialsOf, limitsOf, type PullOptions, readJob } from './options.ts'
import { Platform } from './platform.ts'
import { reportJson, reportLines } from './report.ts'
import { StateFile } from './state.ts'
import { refusedCount } from './tally.ts'

/** Runs a pull and prints its report. @returns whether everything was imported */
export async function runPull(dialect: string, options: PullOptions, signal: AbortSignal): Promise<boolean> {
  const source = sources.get(dialect) as Source
  const outboundConfig = readProcessOutboundConfig()
  const credentials = credentialsOf(options)
  await using stack = new AsyncDisposableStack()
  const allowPrivate = [...outboundConfig.outboundPrivate, ...(options.allowPrivate ?? [])]
  const outbound = stack.adopt(openOutbound({ allowPrivate }), (open) => open.close())
  outbound.checkUrl(options.from, '--from')
  const target = outbound.to(options.from, limitsOf(options))
  const config = readProcessClientConfig()
  const laurel = stack.use(await Laurel.connect(config, dialect, signal))
  const title = await laurel.findTitle(options.title)
  const job = await readJob(dialect, options, source, config.address, title)
  const key = jobKey(job)
  const file = new StateFile(options.state ?? join('.laurel', 'pull', `${key}.json`), key, !job.dryRun)
  const state = await file.read()
  if (file.exists)
    print(
      [`continuing the pull that stopped at ${state.time}; to start over, delete ${file.path}`],
      process.stderr,
    )
  const { credentials: environment, credentialsDirectory: directory } = outboundConfig
  const platform = new Platform({
    target,
    credentials: new Credentials({ environment, directory }),
    titleId: job.titleId,
    retrySeconds: options.retryFor,
  })
  const losses = new LossTally(options.json === true)
  try {
    using meter = startPullMeter(job.players === 'all' ? undefined : job.players.length)
    const pull = { job, source, platform, laurel, state, file, losses, meter, signal, credentials }
    if (job.definitions && !state.definitions.done) await copyDefinitions(pull)
    if (job.progress) await copyProgress(pull)
  } catch (error) {
    if (signal.aborted || !file.exists) throw error
    const remedy = 'pages that are imported stay; run the same command again to continue'
    throw new Failure([...explain(error), remedy], error)
  }
  await file.remove()
  if (options.json) print([formatJson(reportJson(job, platform.host, state.tally, losses))])
  else {
    print(reportLines(job, platform.host, state.tally))
    print(losses.lines(), process.stderr)
  }
  return refusedCount(state.tally) === 0
}

/** `npm run bench`: see README.md beside this. */
import { writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareServers, formatComparison } from './against.ts'
import { formatConsole, measureConsole } from './console.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { COMPARISONS } from './goals.ts'
import type { Timing } from './load/jobs.ts'
import { type Check, formatResults, machine, type Results } from './report.ts'
import { measureRounds, median, type Rate, ratiosOf, sum } from './rounds.ts'
import { openSetup } from './setup.ts'
import { formatSoak, soak } from './soak.ts'
import { dialectSubjects } from './subjects/dialects.ts'
import { growth } from './subjects/growth.ts'
import { noopByH2load } from './subjects/h2load.ts'
import { watchLatency } from './subjects/watch-latency.ts'
import { bareWrites, type LatencyAtRate, latencyAt, wireSubjects } from './subjects/wire.ts'
import { withSubscribers } from './subjects/with-subscribers.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    'cpu-prof': { type: 'string' },
    soak: { type: 'string' },
    against: { type: 'string' },
    traced: { type: 'string' },
    console: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '10' },
  },
})
const { quick } = options
const rounds = quick ? 3 : 5
const wireTiming: Timing = quick
  ? { leadSeconds: 0.15, seconds: 0.4 }
  : { leadSeconds: 1, seconds: Number(options.seconds) }
const dialectTiming: Timing = quick ? { leadSeconds: 0, seconds: 0.1 } : { leadSeconds: 0.2, seconds: 1 }

if (options.soak !== undefined) await soakFor(Number(options.soak))
else if (options.console) await measureConsolePages()
else if (options.against !== undefined) await measureAgainst(resolve(options.against))
else if (options.traced !== undefined) await measureTraced(options.traced)
else await measureAll()

async function measureAll(): Promise<void> {
  const results = await measure()
  process.stdout.write(formatResults(results))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  const checksPassed = results.checks.every(({ passed }) => passed)
  const goalsReached = quick || results.ratios.every(({ passed }) => passed !== false)
  process.exitCode = checksPassed && goalsReached ? 0 : 1
}

async function soakFor(minutes: number): Promise<void> {
  await using environment = await open()
  const results = await soak(environment, minutes, log)
  process.stdout.write(formatSoak(results))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  process.exitCode = results.passed ? 0 : 1
}

async function measureConsolePages(): Promise<void> {
  await using environment = await open()
  const results = await measureConsole(environment, quick ? 200 : undefined, log)
  process.stdout.write(formatConsole(results))
  process.exitCode = results.passed || quick ? 0 : 1
}

async function measureAgainst(directory: string): Promise<void> {
  await using environment = await open()
  await compare(environment, { base: { directory } }, relative('.', directory))
}

/** Measures the server with traces of a share of the calls, sent to a collector, against the server without. */
async function measureTraced(share: string): Promise<void> {
  await using environment = await open()
  const { address } = await environment.helper('load/hook.ts')
  const env = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: share,
  }
  await compare(environment, { ours: { env } }, 'the server without traces')
}

async function compare(
  environment: Environment,
  servers: Parameters<typeof compareServers>[1],
  base: string,
): Promise<void> {
  const comparison = await compareServers(environment, servers, rounds, wireTiming, log)
  process.stdout.write(formatComparison(comparison, base))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(comparison, null, 2)}\n`)
  const failed = sum(comparison.rates.map((rate) => rate.failed))
  process.exitCode = failed === 0 ? 0 : 1
}

/** An interrupted bench removes its processes and data too. */
async function open(): Promise<Environment> {
  const environment = await openEnvironment(options['cpu-prof'])
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void environment[Symbol.asyncDispose]().then(() => process.exit(1)))
  }
  return environment
}

async function measure(): Promise<Results> {
  await using environment = await open()
  log('creating the fixture')
  const setup = await openSetup(environment)
  const wire = [
    ...wireSubjects(setup),
    ...(quick ? [] : await bareWrites(setup)),
    ...(await noopByH2load(setup)),
  ]
  const rates = [...(await measureRounds(wire, rounds, wireTiming, log))]
  log('latency at half of the maximum')
  const latency = await latencyAt(setup, median(rateOf(rates, 'unary').rounds) / 2, quick ? 3 : 30)
  log('latency of watches')
  const watches = await watchLatency(setup, quick ? 20 : 500)
  const checks = [await checkEvents(environment, rates, latency), checkFailures([...rates, latency.measured])]
  rates.push(...(await measureRounds(dialectSubjects(), rounds, dialectTiming, log)))
  if (!quick) {
    for (const more of [withSubscribers, growth]) {
      log('creating more databases')
      for (const subjects of await more(environment)) {
        const measured = await measureRounds(subjects, rounds, wireTiming, log)
        checks.push(checkFailures(measured))
        rates.push(...measured)
      }
    }
  }
  const ratios = ratiosOf(rates, COMPARISONS)
  const date = new Date().toISOString()
  return {
    date,
    machine: machine(),
    quick,
    seconds: wireTiming.seconds,
    rounds,
    rates,
    latency,
    watches,
    ratios,
    checks,
  }
}

function checkFailures(all: readonly { readonly failed: number }[]): Check {
  const failed = sum(all.map((one) => one.failed))
  return { description: `${failed} calls and items failed`, passed: failed === 0 }
}

/** Every report of the bench is a change, so each acknowledged report must have an event. */
async function checkEvents(
  environment: Environment,
  rates: readonly Rate[],
  { measured }: LatencyAtRate,
): Promise<Check> {
  const names = ['unary', 'single', 'batch', 'stream', 'bare writes', 'bare writes, batch']
  const reporting = rates.filter(({ name }) => names.includes(name))
  const acknowledged = sum(reporting.map(({ succeeded }) => succeeded)) + measured.succeeded
  const [row] = await environment.query<{ count: string }>(
    environment.databaseUrl,
    "select count(*) from events where request_id like 'bench-%'",
  )
  const description = `${acknowledged} reports were acknowledged, ${row?.count} events are in the database`
  return { description, passed: Number(row?.count) === acknowledged }
}

function rateOf(rates: readonly Rate[], name: string): Rate {
  return rates.find((rate) => rate.name === name) as Rate
}

function log(line: string): void {
  process.stderr.write(`${line}\n`)
}

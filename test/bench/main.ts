/** `npm run bench`: see README.md beside this. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { COMPARISONS } from './goals.ts'
import type { Timing } from './load/jobs.ts'
import { type Check, type Findings, formatFindings, machine } from './report.ts'
import { measureRounds, median, type Rate, ratiosOf, sum } from './rounds.ts'
import { openStage, type Stage } from './server-process.ts'
import { openScene, type Scene } from './settings.ts'
import { formatSoaked, soak } from './soak.ts'
import { bareWrites } from './subjects/bare-writes.ts'
import { batch, upserts } from './subjects/batch.ts'
import { dialectSubjects } from './subjects/dialects.ts'
import { growth } from './subjects/growth.ts'
import { noopByH2load } from './subjects/h2load.ts'
import { latencyAt, type PacedLatency } from './subjects/latency.ts'
import { list, listAnew } from './subjects/list.ts'
import { bare, noop } from './subjects/noop.ts'
import { stream } from './subjects/stream.ts'
import { single, unary } from './subjects/unary.ts'
import { told } from './subjects/with-subscribers.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    'cpu-prof': { type: 'string' },
    soak: { type: 'string' },
  },
})
const { quick } = options
const rounds = quick ? 3 : 5
const wireTiming: Timing = quick ? { leadSeconds: 0.15, seconds: 0.4 } : { leadSeconds: 1, seconds: 10 }
const dialectTiming: Timing = quick ? { leadSeconds: 0, seconds: 0.1 } : { leadSeconds: 0.2, seconds: 1 }

if (options.soak === undefined) await measureAll()
else await soakFor(Number(options.soak))

async function measureAll(): Promise<void> {
  const findings = await findOut()
  process.stdout.write(formatFindings(findings))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(findings, null, 2)}\n`)
  const isSound = findings.checks.every(({ holds }) => holds)
  const isReached = quick || findings.ratios.every(({ passed }) => passed !== false)
  process.exitCode = isSound && isReached ? 0 : 1
}

async function soakFor(minutes: number): Promise<void> {
  await using stage = await open()
  const soaked = await soak(stage, minutes, tell)
  process.stdout.write(formatSoaked(soaked))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(soaked, null, 2)}\n`)
  process.exitCode = soaked.passed ? 0 : 1
}

/** A stage that is cleared whatever ends the bench. */
async function open(): Promise<Stage> {
  const stage = await openStage(options['cpu-prof'])
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stage[Symbol.asyncDispose]().then(() => process.exit(1)))
  }
  return stage
}

async function findOut(): Promise<Findings> {
  await using stage = await open()
  tell('filling the stage')
  const scene = await openScene(stage)
  const own = [bare, noop, unary, single, batch, upserts, stream, list, listAnew].map((make) => make(scene))
  const wire = [...own, ...(quick ? [] : await bareWrites(scene)), ...(await noopByH2load(scene))]
  const rates = [...(await measureRounds(wire, rounds, wireTiming, tell))]
  tell('latency at half of the maximum')
  const latency = await latencyAt(scene, median(rateOf(rates, 'unary').rounds) / 2, quick ? 3 : 30)
  const checks = [await checkEvents(scene, rates, latency), checkAnswers([...rates, latency.measured])]
  rates.push(...(await measureRounds(dialectSubjects(), rounds, dialectTiming, tell)))
  if (!quick) {
    for (const more of [told, growth]) {
      tell('filling more databases')
      for (const subjects of await more(stage)) {
        const measured = await measureRounds(subjects, rounds, wireTiming, tell)
        checks.push(checkAnswers(measured))
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
    ratios,
    checks,
  }
}

function checkAnswers(all: readonly { readonly failed: number }[]): Check {
  const failed = sum(all.map((one) => one.failed))
  return { what: `no call and no item failed: ${failed} did`, holds: failed === 0 }
}

/** Every report of this bench changes something, so each that was acknowledged has left an event. */
async function checkEvents(
  { stage }: Scene,
  rates: readonly Rate[],
  { measured }: PacedLatency,
): Promise<Check> {
  const names = ['unary', 'single', 'batch', 'stream', 'bare writes', 'bare writes, batch']
  const reporting = rates.filter(({ name }) => names.includes(name))
  const acknowledged = sum(reporting.map(({ succeeded }) => succeeded)) + measured.succeeded
  const [row] = await stage.query<{ count: string }>(
    stage.databaseUrl,
    "select count(*) from events where request_id like 'bench-%'",
  )
  const what = `${acknowledged} reports were acknowledged, and ${row?.count} are in the database`
  return { what, holds: Number(row?.count) === acknowledged }
}

function rateOf(rates: readonly Rate[], name: string): Rate {
  return rates.find((rate) => rate.name === name) as Rate
}

function tell(what: string): void {
  process.stderr.write(`${what}\n`)
}

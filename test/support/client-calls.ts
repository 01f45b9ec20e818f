import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { createTestDatabase } from './database.ts'
import { type Attempt, type Fault, type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts'
import { postJson } from './post-json.ts'
import { startServer } from './server.ts'

/** One entry of src/clients/testdata/calls.json: a call, its faults on the way, and its outcome. */
interface Step {
  readonly name: string
  readonly call?: string
  readonly request?: object
  readonly requestFile?: string
  readonly document?: string
  readonly watch?: { readonly title_id: string }
  readonly until?: string
  readonly timeoutMs?: number
  readonly faults?: readonly Fault[]
  /** Parts of the expected response, or of the expected error. */
  readonly response?: object
  readonly error?: object
  /** The expected number of requests, by default one. */
  readonly attempts?: number
}

export interface Outcome {
  readonly name: string
  readonly responses?: readonly object[]
  readonly error?: { readonly code: string; readonly violations: readonly object[] }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`

/** Makes all calls by a client of the server at the URL, and returns their outcomes as JSON. */
export type CallRunner = (url: string, callsFile: string) => Promise<string>

/**
 * Makes all calls through a client against a server of their own, and checks their outcomes, attempts, request ids and
 * deadlines. Returns the outcomes without the values that differ between servers.
 */
export async function checkCalls(folder: string, run: CallRunner): Promise<readonly Outcome[]> {
  const steps = await readSteps()
  await using database = await createTestDatabase()
  await using server = await startServer({
    databaseUrl: database.url,
    env: { LAUREL_CREDENTIAL_HOOK: SECRET },
  })
  await using proxy = await startFaultyProxy(
    server.url,
    new Map(steps.map(({ name, faults = [] }) => [name, faults])),
  )
  const callsFile = join(folder, 'calls.json')
  await writeFile(callsFile, JSON.stringify(steps))
  const outcomes = JSON.parse(await run(proxy.url, callsFile)) as readonly Outcome[]
  expect(outcomes.map(({ name }) => name)).toEqual(steps.map(({ name }) => name))
  for (const [index, step] of steps.entries()) checkStep(step, outcomes[index] as Outcome, proxy)
  await checkWatches(steps, outcomes, server.url)
  expect(unexpectedLines(server.output())).toEqual([])
  return outcomes.map(withoutVariables)
}

/** A step pauses a destination, which the server may have noticed by then. */
function unexpectedLines(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '' && !line.includes('"msg":"a destination is paused:'))
}

async function readSteps(): Promise<readonly Step[]> {
  const text = await readFile(join(ROOT, 'src/clients/testdata/calls.json'), 'utf8')
  const withContent = async ({ requestFile, ...step }: Step): Promise<Step> => ({
    ...step,
    ...(requestFile && { request: JSON.parse(await readFile(join(ROOT, requestFile), 'utf8')) }),
    ...(step.document && { document: join(ROOT, step.document) }),
  })
  return Promise.all((JSON.parse(text) as Step[]).map(withContent))
}

function checkStep(step: Step, { responses, error }: Outcome, proxy: FaultyProxy): void {
  const { name, timeoutMs } = step
  const attempts = proxy.attempts(name)
  if (step.error === undefined) {
    expect({ name, error }).toEqual({ name, error: undefined })
    if (step.response !== undefined)
      expect({ name, responses }).toMatchObject({ name, responses: [step.response] })
  } else expect({ name, responses, error }).toMatchObject({ name, error: expectedError(step.error) })
  // A watch on a slow machine may take a connection for lost that is not.
  const { attempts: expected = 1 } = step
  const made = step.until === undefined ? attempts.length : Math.min(attempts.length, expected)
  expect({ name, attempts: made }).toEqual({ name, attempts: expected })
  if (step.call !== undefined) {
    expect(new Set(attempts.map(requestIdsOf)).size, `${name}: request ids of attempts`).toBe(1)
    checkDeadlines(name, attempts, timeoutMs ?? 30_000)
  }
}

/** A violation may have more in its description than a test states. */
function expectedError(error: object): object {
  const { violations = [], ...rest } = error as { violations?: readonly object[] }
  return violations.length === 0
    ? error
    : { ...rest, violations: violations.map((violation) => expect.objectContaining(violation)) }
}

const MUTATION = /\/(Create|Update|Delete|Record|BatchRecord|Unlock|Link|Merge)/

/** Returns the request ids of an attempt, which a mutation must have, one for each item. */
function requestIdsOf({ path, body }: Attempt): string {
  const ids = [...body.matchAll(/"request_?[iI]d": ?"([^"]*)"/g)].map(([, id]) => id)
  if (MUTATION.test(path)) {
    const items = (JSON.parse(body) as { items?: readonly object[] }).items?.length ?? 1
    expect([path, new Set(ids).size]).toEqual([path, items])
    for (const id of ids) expect(id).toMatch(/^([0-9a-f]{32}|three-lanterns)$/)
  }
  return ids.join()
}

/** Each attempt states the time that the call has left. */
function checkDeadlines(name: string, attempts: readonly Attempt[], timeout: number): void {
  let longest = timeout
  for (const { headers } of attempts) {
    const stated = Number(headers['connect-timeout-ms'])
    expect(stated, `${name}: deadline`).toBeGreaterThan(0)
    expect(stated, `${name}: deadline`).toBeLessThanOrEqual(longest)
    longest = stated
  }
}

/** An interrupted watch yields the events that the history has, each once. */
async function checkWatches(
  steps: readonly Step[],
  outcomes: readonly Outcome[],
  url: string,
): Promise<void> {
  const interrupted = steps.flatMap((step, index) => (step.until === undefined ? [] : [{ step, index }]))
  expect(interrupted).not.toEqual([])
  for (const { step, index } of interrupted) {
    const request = { title_id: step.watch?.title_id, order: 'EVENT_ORDER_OLDEST_FIRST' }
    const { body } = await postJson(`${url}/laurel.v1.EventService/ListEvents`, request)
    const players = (step.watch as { filter?: { player_ids?: readonly string[] } }).filter?.player_ids ?? []
    const listed = body.events.filter(({ playerId }: { playerId: string }) => players.includes(playerId))
    const ids = (events: readonly object[] | undefined) =>
      events?.map((event) => (event as { eventId: string }).eventId)
    expect(ids(outcomes[index]?.responses)).toEqual(ids(listed))
  }
}

/** `toJson` is an id that a dialect derives from the time. */
const VARIABLE = /^(etag|requestId|.*[tT]ime|content|toJson)$/

/** Replaces times, etags and random ids. */
function withoutVariables(outcome: Outcome): Outcome {
  return JSON.parse(JSON.stringify(outcome), (name, value) => (VARIABLE.test(name) ? 'variable' : value))
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { fixturesOf, type LintedDefinitions } from '../support/dialect-fixtures.ts'
import { runLaurelHere } from '../support/laurel.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

let services: TestServices
let server: RunningServer

beforeAll(async () => {
  services = await createTestServices()
  server = await startServer({ databaseUrl: services.databaseUrl })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

function lint(...args: readonly string[]) {
  return runLaurelHere(['lint', ...args], { LAUREL_GRPC_ADDRESS: server.address })
}

async function store(id: string, { title, achievements }: LintedDefinitions) {
  const stored = { id, displayName: id, defaultLocale: title.defaultLocale, bindings: {}, extensions: {} }
  await createTitle(services, { title: stored, requestId: undefined }, callOf())
  for (const achievement of achievements) {
    const definition = { ...achievement, ids: {} }
    await createAchievement(
      services,
      { titleId: id, achievement: definition, requestId: undefined },
      callOf(),
    )
  }
}

/** A dialect with a rule of each severity that a few definitions of a title can break. */
const cases = adapters.flatMap(({ id, lint: rules = [] }) => {
  const { broken = {}, clean = [] } = fixturesOf(id).lint ?? {}
  const small = (severity: string) =>
    rules.find(({ name, severity: own, start }) => {
      const definitions = broken[name]
      if (own !== severity || definitions === undefined || definitions.achievements.length > 20) return false
      // Not of the title's bindings, nor of codes that cannot both be stored.
      const ids = definitions.achievements.map((achievement) => achievement.id)
      const run = start({ ...definitions.title, bindings: {} })
      const breaches = definitions.achievements.flatMap((achievement) => [
        ...(run.add?.({ ...achievement, ids: {} }) ?? []),
      ])
      return breaches.length > 0 && new Set(ids).size === ids.length
    })
  const [error, warning] = [small('error'), small('warning')]
  if (error === undefined || warning === undefined) return []
  const passing = clean.find(({ achievements }) => achievements.length > 0 && achievements.length < 20)
  return [{ id, error, warning, broken, passing: passing as LintedDefinitions }]
})

describe.each(cases)('laurel lint by the rules of $id', ({ id, error, warning, broken, passing }) => {
  test('prints the findings with their rules, and exits with 1 for an error', async () => {
    await store(`error-${id}`, broken[error.name] as LintedDefinitions)
    const { code, stdout, stderr } = await lint(`error-${id}`, '--dialect', id)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const lines = stdout.split('\n')
    expect(lines[0]).toMatch(/^severity +dialect +rule +achievement +path +value$/)
    expect(lines[1]).toMatch(new RegExp(`^error +${id} +${error.name} `))
    expect(stdout).toContain(error.requirement)
    expect(stdout).toContain(error.source)
    expect(lines.at(-2)).toMatch(
      new RegExp(`^\\d+ errors?, 0 warnings in title error-${id} by the rules of ${id}$`),
    )
  })

  test('prints one JSON object with --json, and exits with 0 for warnings', async () => {
    await store(`warning-${id}`, broken[warning.name] as LintedDefinitions)
    const { code, stdout } = await lint(`warning-${id}`, '--dialect', id, '--json')
    const { findings, ...counts } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(counts).toEqual({
      title: `warning-${id}`,
      dialects: [id],
      errorCount: 0,
      warningCount: findings.length,
    })
    const { severity, requirement, source } = warning
    expect(findings[0]).toMatchObject({ dialect: id, rule: warning.name, severity, requirement, source })
  })

  test('finds nothing in definitions that break no rule', async () => {
    await store(`clean-${id}`, passing)
    expect(await lint(`clean-${id}`, '--dialect', id)).toEqual({
      code: 0,
      stdout: `0 errors, 0 warnings in title clean-${id} by the rules of ${id}\n`,
      stderr: '',
    })
  })
})

test('at least two dialects have such rules', () => {
  expect(cases.length).toBeGreaterThan(1)
})

test('laurel lint checks all dialects with rules by default', async () => {
  const [first] = cases
  await store('all', first?.passing as LintedDefinitions)
  const { dialects } = JSON.parse((await lint('all', '--json')).stdout)
  expect(dialects).toEqual(adapters.filter(({ lint: rules }) => rules !== undefined).map(({ id }) => id))
})

test('laurel lint refuses an unknown title and an unknown dialect', async () => {
  expect(await lint('nowhere')).toMatchObject({
    code: 1,
    stderr: 'laurel: title nowhere does not exist (TITLE_NOT_FOUND)\n',
  })
  expect(await lint('nowhere', '--dialect', 'x')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Allowed choices are'),
  })
})

import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LintRule, startLint } from '../../src/dialect/lint.ts'
import { type DialectFixtures, fixturesOf, type LintedDefinitions } from '../support/dialect-fixtures.ts'
import { expectWritten, markdownTable } from '../support/readme.ts'
import { records } from './arbitraries.ts'
import { frozen } from './frozen.ts'
import { runs } from './fuzz-factor.ts'
import { decodeSample, samplesOf, subjects } from './subjects.ts'
import { fixtures as toyFixtures } from './toy/fixtures.ts'
import { toy } from './toy/index.ts'

const withRules = subjects.flatMap((subject) => {
  const { lint } = subject.adapter as { readonly lint?: readonly LintRule[] }
  return lint === undefined ? [] : [{ ...subject, lint }]
})

describe.each(withRules)('the rules of $id', (subject) => {
  const { adapter, folder, id, lint } = subject
  const fixtures: DialectFixtures = adapter === toy ? toyFixtures : fixturesOf(id)
  const { clean = [], broken = {} } = fixtures.lint ?? {}

  function findingsOf({ title, achievements }: LintedDefinitions) {
    const run = startLint(id, lint, title)
    return [...achievements.flatMap((achievement) => run.add(achievement)), ...run.end()]
  }

  it('have different names in kebab case, a requirement and a source', () => {
    const names = lint.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([])
    expect(lint.filter(({ requirement, source }) => requirement === '' || source === '')).toEqual([])
  })

  it('have a case each in the fixtures', () => {
    expect(Object.keys(broken).sort()).toEqual(lint.map(({ name }) => name).sort())
    expect(clean.length).toBeGreaterThan(0)
  })

  it('find nothing in definitions that break none', () => {
    expect(clean.map(findingsOf)).toEqual(clean.map(() => []))
  })

  it.each(lint)('$name finds its breach, which breaks no other rule', ({ name, severity, limit, source }) => {
    const definitions = broken[name] as LintedDefinitions
    const findings = findingsOf(definitions)
    expect(findings.length).toBeGreaterThan(0)
    for (const finding of findings) {
      expect(finding).toMatchObject({ dialect: id, rule: name, severity, limit, source })
      expect(finding.path).toMatch(/^[a-z_]+/)
      const ids = definitions.achievements.map((achievement) => achievement.id)
      if (finding.achievementId !== undefined) expect(ids).toContain(finding.achievementId)
    }
  })

  it('return the same findings for the same frozen definitions', () => {
    for (const definitions of [...clean, ...Object.values(broken)]) {
      const once = () => findingsOf(frozen(definitions))
      expect(once()).toEqual(once())
    }
  })

  it('throw for no definition', () => {
    const samples = samplesOf(subject).map((sample) => decodeSample(adapter, sample).result)
    fc.assert(
      fc.property(fc.array(records(adapter, ['definition'], samples), { maxLength: 4 }), (found) => {
        const achievements = found.flatMap(({ achievement }) => achievement ?? [])
        const bindings = Object.fromEntries(found.map(({ title }) => [id, title.binding ?? {}]))
        const definitions = frozen({ title: { id: 't', defaultLocale: 'en', bindings }, achievements })
        expect(findingsOf(definitions)).toEqual(findingsOf(definitions))
      }),
      runs(100),
    )
  })

  it('are in the README', () => {
    const rows = lint.map(({ name, severity, requirement, limit, source }) => [
      `\`${name}\``,
      severity,
      requirement,
      limit,
      source,
    ])
    const head = ['rule', 'severity', 'what the store requires', 'limit', 'source']
    expectWritten(pathToFileURL(`${folder}README.md`), 'lint', markdownTable(head, rows))
  })
})

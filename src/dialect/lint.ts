import type { Achievement } from '../model/achievement.ts'
import type { JsonValue } from '../model/json.ts'
import type { DialectId, Title } from '../model/title.ts'

/**
 * A rule of a platform's store about a title's definitions. Pure like an adapter: no I/O, no clock, no randomness; each check has
 * its own state.
 */
export interface LintRule {
  /** In kebab case; unique in its adapter. */
  readonly name: string
  /** `error`: the store refuses the definition. `warning`: it complains, or shows something wrong. */
  readonly severity: LintSeverity
  /** The store's requirement, as a sentence for people. */
  readonly requirement: string
  /** The limit with its unit: `44 characters`. Empty for a rule without one. */
  readonly limit: string
  /** The URL or the name of the document that states the rule. */
  readonly source: string
  /** Begins a check of one title. */
  start(title: LintedTitle): LintCheck
}

export type LintSeverity = 'error' | 'warning'

/** The parts of a title that a rule may depend on. */
export type LintedTitle = Pick<Title, 'id' | 'defaultLocale' | 'bindings'>

/** The check of one title by one rule. It may keep counts and ids, but no definitions, because a title can have many. */
export interface LintCheck {
  /** Takes the next definition, in list order. */
  add?(achievement: Achievement): Iterable<Breach>
  /** Returns the breaches of the title as a whole; called once, after the last definition. */
  end?(): Iterable<Breach>
}

export interface Breach {
  /** The field, named as on the wire: `name.translations.de`. */
  readonly path: string
  /** Undefined for a value that is missing. */
  readonly value: JsonValue | undefined
}

/** A breach of a rule. */
export interface LintFinding extends Breach, Pick<LintRule, 'severity' | 'requirement' | 'limit' | 'source'> {
  readonly dialect: DialectId
  readonly rule: string
  /** Undefined for a finding about the title as a whole. */
  readonly achievementId: string | undefined
}

/** The check of one title by all rules of a dialect. */
export interface LintRun {
  add(achievement: Achievement): readonly LintFinding[]
  end(): readonly LintFinding[]
}

/** Begins a check of a title. Findings come in the order of the definitions, then of the rules. */
export function startLint(dialect: DialectId, rules: readonly LintRule[], title: LintedTitle): LintRun {
  const checks = rules.map((rule) => ({ rule, check: rule.start(title) }))
  const findingsOf = (
    read: (check: LintCheck) => Iterable<Breach> | undefined,
    achievementId: string | undefined,
  ) =>
    checks.flatMap(({ rule: { name, severity, requirement, limit, source }, check }) =>
      Array.from(read(check) ?? [], ({ path, value }) => ({
        dialect,
        rule: name,
        severity,
        achievementId,
        path,
        value,
        requirement,
        limit,
        source,
      })),
    )
  return {
    add: (achievement) => findingsOf((check) => check.add?.(achievement), achievement.id),
    end: () => findingsOf((check) => check.end?.(), undefined),
  }
}

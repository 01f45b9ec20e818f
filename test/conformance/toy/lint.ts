import { eachAchievement, textsLongerThan } from '../../../src/dialect/kit/lint-rules.ts'
import type { LintRule } from '../../../src/dialect/lint.ts'

/** The only rule of the toy store. */
export const lint: readonly LintRule[] = [
  {
    name: 'title-length',
    severity: 'error',
    requirement: 'a title has at most 20 characters',
    limit: '20 characters',
    source: 'invented',
    start: eachAchievement(({ name }) => textsLongerThan(20, 'name', name).slice(0, 1)),
  },
]

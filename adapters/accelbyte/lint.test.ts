import { expect, test } from 'vitest'
import { startLint } from '../../src/dialect/lint.ts'
import { achievementOf } from '../../test/support/records.ts'
import { lint } from './lint.ts'

test('codes that differ by their case alone are not unique', () => {
  const run = startLint('accelbyte', lint, { id: 't', defaultLocale: 'en', bindings: {} })
  const media = [{ role: 'icon', name: 'i', url: '' }] as const
  const findings = ['first-light', 'First-Light', 'second'].flatMap((id) =>
    run.add(achievementOf({ id, media })),
  )
  expect(findings.map(({ rule, achievementId }) => [rule, achievementId])).toEqual([
    ['code-case', 'First-Light'],
    ['code-unique', 'First-Light'],
  ])
})

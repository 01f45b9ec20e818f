import { expect, test } from 'vitest'
import { lossesBetween } from './losses.ts'

test('features that the source lacks are no losses', () => {
  const from = { capabilities: { names: 'full', points: 'lossy', hidden: 'none', window: 'full' } }
  const to = { capabilities: { names: 'full', points: 'none', hidden: 'none', window: 'lossy' } }
  expect(lossesBetween(from, to, ['hidden', 'names', 'points', 'window'])).toEqual({
    dropped: ['points'],
    changed: ['window'],
    unchanged: ['names'],
  })
})

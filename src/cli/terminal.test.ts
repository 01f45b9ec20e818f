import { expect, test } from 'vitest'
import { fitted } from './terminal.ts'

test('lines are cut to the width of a terminal, by characters, and left whole without one', () => {
  const lines = ['four', '🏆🏆🏆🏆🏆']
  expect(fitted(lines, 4)).toEqual(['four', '🏆🏆🏆…'])
  expect(fitted(lines, undefined)).toEqual(lines)
})

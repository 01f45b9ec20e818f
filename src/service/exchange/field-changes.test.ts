import { expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../../test/support/records.ts'
import { NOT_STARTED } from '../../model/progress.ts'
import { definitionChanges, progressChanges } from './field-changes.ts'

const before = achievementOf({
  requirements: [requirementOf({ target: 100n })],
  tags: ['a', 'b'],
  window: { start: 0n, end: 10_000_000n },
})

test('names each field as the protos do, with both values', () => {
  const after = {
    ...before,
    name: { ...before.name, translations: { 'pt-BR': 'Sangue' } },
    lockedDescription: { locale: 'en', text: 'Find it', translations: {} },
    requirements: [requirementOf({ target: 150n })],
    tags: ['a'],
    listOrder: 7,
    window: { start: 0n, end: 20_000_000n },
    updateTime: 5n,
  }
  expect(definitionChanges(before, after)).toEqual([
    { field: 'list_order', from: 0, to: 7 },
    { field: 'name.translations["pt-BR"]', from: undefined, to: 'Sangue' },
    { field: 'locked_description', from: undefined, to: { locale: 'en', text: 'Find it', translations: {} } },
    { field: 'window.end', from: '1970-01-01T00:00:01Z', to: '1970-01-01T00:00:02Z' },
    { field: 'requirements[0].target', from: 100n, to: 150n },
    { field: 'tags[1]', from: 'b', to: undefined },
  ])
  expect(definitionChanges(before, { ...before, updateTime: 5n })).toEqual([])
})

test('names the facts of progress', () => {
  const after = {
    ...NOT_STARTED,
    state: 'achieved',
    percent: 100,
    values: { count: 4n },
    unlockTime: 0n,
  } as const
  expect(progressChanges(NOT_STARTED, after)).toEqual([
    { field: 'progress.state', from: 'not_started', to: 'achieved' },
    { field: 'progress.percent', from: 0, to: 100 },
    { field: 'progress.values.count', from: undefined, to: 4n },
    { field: 'progress.unlock_time', from: undefined, to: '1970-01-01T00:00:00Z' },
  ])
})

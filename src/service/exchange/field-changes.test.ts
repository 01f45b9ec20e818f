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
    { field: 'window.end_time', from: '1970-01-01T00:00:01Z', to: '1970-01-01T00:00:02Z' },
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
    { field: 'progress.values["count"]', from: undefined, to: 4n },
    { field: 'progress.unlock_time', from: undefined, to: '1970-01-01T00:00:00Z' },
  ])
})

test('shows the value of a requirement as a number and writes its id in brackets, whatever the id is', () => {
  const ids = ['start', 'end', 'createTime', 'unlockTime', 'count', 'a.b', '["a"]', '__proto__']
  const values = (value: bigint) => Object.fromEntries(ids.map((id) => [id, value]))
  const before = { ...NOT_STARTED, values: values(1n) }
  expect(progressChanges(before, { ...NOT_STARTED, values: values(2n) })).toEqual(
    ids.map((id) => ({ field: `progress.values[${JSON.stringify(id)}]`, from: 1n, to: 2n })),
  )
})

test('tells the fields of a definition from keys with the same text', () => {
  const after = {
    ...before,
    createTime: 0n,
    ids: { window: 'x' },
    extensions: { toy: { window: { start: 1n }, createTime: 2n } },
  }
  expect(definitionChanges({ ...before, createTime: undefined, window: undefined }, after)).toEqual([
    {
      field: 'window',
      from: undefined,
      to: { start: '1970-01-01T00:00:00Z', end: '1970-01-01T00:00:01Z' },
    },
    { field: 'ids["window"]', from: undefined, to: 'x' },
    {
      field: 'extensions["toy"]',
      from: undefined,
      to: { window: { start: 1n }, createTime: 2n },
    },
    { field: 'create_time', from: undefined, to: '1970-01-01T00:00:00Z' },
  ])
})

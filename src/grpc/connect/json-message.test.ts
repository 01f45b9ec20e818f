import { expect, test } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu.ts'
import { LaurelError } from '../../model/errors.ts'
import { descriptorRegistry } from '../descriptors.ts'
import { checkJsonMessage } from './json-message.ts'

const BATCH = 'laurel.v1.BatchRecordProgressRequest'

/** Returns the violations of a message by their paths; undefined for a valid one. */
function violationsOf(name: string, json: string): Readonly<Record<string, string>> | undefined {
  const type = descriptorRegistry().getMessage(name)
  if (type === undefined) throw new Error(`there is no message ${name}`)
  try {
    checkJsonMessage(type, Buffer.from(json))
    return undefined
  } catch (error) {
    if (!(error instanceof LaurelError)) throw error
    return Object.fromEntries(error.violations.map(({ field, message }) => [field, message]))
  }
}

test('a valid message has no violations', () => {
  const item = { titleId: 'a', player_id: 'b', percent: 5, occurredTime: '2026-01-31T12:00:00Z' }
  expect(violationsOf(BATCH, JSON.stringify({ items: [item] }))).toBeUndefined()
  expect(violationsOf(BATCH, '{"items": null}')).toBeUndefined()
})

test('each wrong value is reported with its path and what it must be', () => {
  const achievement = {
    tags: ['a', 5],
    ids: { wrong: 7, right: '1' },
    requirements: {},
    name: 'text',
    kind: 'NONE',
    timeWindow: { startTime: 'now' },
  }
  const json = JSON.stringify({ achievement, updateMask: 'list_order' })
  expect(violationsOf('laurel.v1.UpdateAchievementRequest', json)).toMatchObject({
    'achievement.tags[1]': 'must be a JSON string',
    'achievement.ids["wrong"]': 'must be a JSON string',
    'achievement.requirements': 'must be a JSON array',
    'achievement.name': 'must be a JSON object',
  })
})

test.each([
  ['{"items":[{},{"titleId":"a","titleId":"b"}]}', 'items[1].title_id'],
  ['{"items":[{"title\\u0049d":"a","titleId":null}]}', 'items[0].title_id'],
  ['{"items":[],"items":[]}', 'items'],
  ['{"items":[{"reach":{"quantity":{"integer":"1","integer":"2"}}}]}', 'items[0].reach.quantity.integer'],
  ['{"items":[{"other":{"a":1,"a":1}}]}', 'items[0].other.a'],
])('a member that stands twice is refused with its path: %s', (json, path) => {
  expect(violationsOf(BATCH, json)).toEqual({ [path]: expect.stringMatching(/stands twice/) })
})

test('a key that stands twice in a map is refused with its path', () => {
  expect(violationsOf('laurel.v1.ImportProgressRequest', '{"mapping":{"a.b":"c","a.b":"d"}}')).toEqual({
    'mapping["a.b"]': expect.stringMatching(/stands twice/),
  })
})

test('two members of which one at most can be set are refused', () => {
  expect(violationsOf(BATCH, '{"items":[{"percent":5,"unlock":true}]}')).toEqual({
    '': expect.stringMatching(/cannot be read: .*oneof/),
  })
})

test.each([
  ['wrong values', `{"items":[${'{"percent":"x"},'.repeat(19_000)}{}]}`],
  ['a wrong last value', `{"items":[${'{"percent":5},'.repeat(19_000)}{"percent":"x"}]}`],
  ['unknown members', `{${Array.from({ length: 39_000 }, (_, index) => `"a${index}":1`).join()}}`],
  ['too many values', `{"items":[${'{},'.repeat(1_300_000)}{}]}`],
  ['a member twice', `{"items":[${'{"percent":5},'.repeat(19_000)}{"percent":5,"percent":6}]}`],
  ['a long text', `{"items":[{"titleId":"${'a'.repeat(4_000_000)}"}]}`],
])('a message with %s costs at most 200 ms', async (_, json) => {
  const runs: number[] = []
  for (let run = 0; run < 5; run += 1) runs.push(await cpuMilliseconds(() => violationsOf(BATCH, json)))
  expect(Math.min(...runs)).toBeLessThan(200)
  expect(Object.keys(violationsOf(BATCH, json) ?? {}).length).toBeLessThanOrEqual(20)
})

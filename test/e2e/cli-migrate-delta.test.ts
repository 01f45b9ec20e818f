import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPullHouse, type PullHouse } from '../support/pulls.ts'

/* Runs of a migration until the cut-over, by the command line. */

let house: PullHouse

beforeAll(async () => {
  house = await openPullHouse()
  await house.laurel('titles', 'create', 'deltas')
  await house.laurel('achievements', 'create', 'deltas', 'first', '--name-text', 'First')
})
afterAll(() => house[Symbol.asyncDispose]())

const HEADER = 'player_id,achievement_id,percent,updated_at'
const MAPPING = {
  format: 'MIGRATION_FORMAT_CSV',
  player: { field: 'player_id' },
  achievement: { field: 'achievement_id' },
  values: [{ field: 'percent', unit: 'MIGRATION_UNIT_PERCENT' }],
}
const UPDATE_TIME = { field: 'updated_at', format: 'MIGRATION_TIME_FORMAT_RFC3339' }

/** Writes the export of the night, and returns the job that `run --json` printed. */
async function run(rows: readonly string[], ...more: readonly string[]) {
  const input = await house.file('nightly.csv', [HEADER, ...rows, ''].join('\n'))
  const mapping = await house.file('mapping.json', { ...MAPPING, updateTime: UPDATE_TIME })
  const args = [
    'migrate',
    'run',
    input,
    '--mapping',
    mapping,
    '--title',
    'deltas',
    '--job',
    'a',
    '--json',
    ...more,
  ]
  const { code, stdout } = await house.laurel(...args)
  return { code, job: stdout === '' ? undefined : JSON.parse(stdout) }
}

test('imports the changes since the last run of a job', async () => {
  const first = await run(['ann,first,10,2024-03-01T12:00:00Z', 'bob,first,10,'], '--delta', '--overlap', '5')
  expect(first).toMatchObject({ code: 0, job: { newCount: '2', olderCount: '0', runCount: 1 } })
  expect(first.job).toMatchObject({ watermark: '2024-03-01T12:00:00Z', overlap: '300s' })

  const changes = ['ann,first,30,2024-03-01T11:50:00Z', 'bob,first,20,', 'cat,first,40,2024-03-02T12:00:00Z']
  const counts = { newCount: '3', changedCount: '1', olderCount: '1', recordCount: '5', refusedCount: '0' }
  expect(await run(changes, '--delta')).toMatchObject({ code: 0, job: { ...counts, runCount: 2 } })
  const { stdout } = await house.laurel('progress', 'list', 'deltas', 'ann', '--json')
  expect(JSON.parse(stdout).progress.percent).toBe(10)
})

test('needs the time of a record’s last change', async () => {
  const input = await house.file('rows.csv', `${HEADER}\n`)
  const mapping = await house.file('untimed.json', MAPPING)
  const args = ['migrate', 'run', input, '--mapping', mapping, '--title', 'deltas', '--job', 'b', '--delta']
  expect(await house.laurel(...args)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--delta needs updateTime in the mapping'),
  })
})

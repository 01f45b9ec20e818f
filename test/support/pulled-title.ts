import { expect } from 'vitest'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { decodeSample, samplesIn } from '../conformance/subjects.ts'
import { callUnary, createClient } from './client.ts'
import { fixturesOf } from './dialect-fixtures.ts'
import { adapterOf, codeOf, entryOf } from './documents.ts'
import type { PullHouse } from './pulls.ts'
import { gamerscore, requirementOf } from './records.ts'

const RICH = {
  hidden: true,
  serverOnly: true,
  tags: ['light'],
  platforms: ['PC'],
  rewards: gamerscore(25),
  name: { locale: 'en-US', text: 'First Light', translations: { de: 'Erstes Licht' } },
  lockedDescription: { locale: 'en-US', text: 'Make light', translations: {} },
  deepLink: 'game://light',
  estimatedTime: 36_000_000_000n,
  media: [{ role: 'unlocked_icon', name: 'lit', url: 'https://cdn.example/lit.png' }],
} as const

/** Creates a title on a server: ada has a hidden achievement, and bob a part of another one. */
export async function createPulledTitle(there: PullHouse, dialect: string, titleId: string): Promise<void> {
  // A platform whose bridge sends no percent shows a count.
  const isPercent = fixturesOf(dialect).bridge?.progressed[0] === 'delivered'
  const requirements = isPercent ? [] : [requirementOf({ id: 'goal' })]
  const achievements = [RICH, { requirements }, {}]
  const entries = achievements.map((achievement, index) =>
    entryOf(dialect, { number: index + 1, achievement }),
  )
  const document = await there.file('entries.json', entries)
  expect(await there.laurel('import', dialect, document, '--title', titleId)).toMatchObject({ code: 0 })
  using client = createClient(ProgressServiceClient, there.server.address)
  for (const [number, playerId, value] of [
    [1, 'ada', 100],
    [2, 'bob', 40],
  ] as const) {
    const report = { $case: 'percent' as const, value }
    const key = { titleId, playerId, achievementId: codeOf(dialect, number) }
    await callUnary(client, 'recordProgress', RecordProgressRequest.fromPartial({ ...key, report }))
  }
}

/** Both servers export the same records of the title and of each player. */
export async function expectSameRecords(
  houses: readonly PullHouse[],
  dialect: string,
  title: string,
): Promise<void> {
  for (const of of [{}, { playerId: 'ada' }, { playerId: 'bob' }]) {
    const [theirs, ours] = await Promise.all(
      houses.map(async (each) => recordsIn(dialect, await each.exported(dialect, title, of))),
    )
    expect(ours).toEqual(theirs)
    expect(theirs?.length).toBeGreaterThan(0)
  }
}

/** Returns the records of a document, without its spelling. Where there are codes, the platform's API need not return its ids. */
function recordsIn(dialect: string, document: JsonValue) {
  const adapter = adapterOf(dialect)
  return samplesIn(adapter, document).map((sample) => {
    const { achievement, ...others } = decodeSample(adapter, sample).result
    const ids = adapter.hasCodes ? {} : achievement?.ids
    return { ...others, achievement: achievement && { ...achievement, ids, extensions: {} } }
  })
}

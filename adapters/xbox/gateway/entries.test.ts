import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Canonical } from '../../../src/dialect/adapter.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { NOT_STARTED } from '../../../src/model/progress.ts'
import { records } from '../../../test/conformance/arbitraries.ts'
import { xbox } from '../index.ts'
import { LISTS } from '../testing/strict-model.ts'
import { writeEntry, type XboxProgress } from './entry.ts'

const SAMPLES = new URL('../testdata/', import.meta.url)

/** Records with the extensions of documents, unusual ones too. */
const withExtensions: readonly Canonical[] = readdirSync(SAMPLES)
  .filter((name) => name.endsWith('.canonical.json'))
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, SAMPLES), 'utf8')) as Canonical[])

const pagingInfo = { continuationToken: null, totalRecords: 1 }
const progressList = records(xbox, ['definition', 'progress'], withExtensions).map(
  ({ title, achievement, progress }): XboxProgress => ({
    title: {
      title: {
        id: 'title',
        displayName: title.displayName ?? '',
        defaultLocale: 'en',
        bindings: {},
        extensions: title.extensions,
        maskHiddenInGateways: false,
        createTime: 0n,
        updateTime: 0n,
        etag: '',
      },
      scid: '00000000-0000-0000-0000-00007f3c91a2',
      titleId: '2134675874',
    },
    // A record that carries a definition has one.
    achievement: {
      ...(achievement as Achievement),
      titleId: 'title',
      etag: '',
      createTime: 0n,
      updateTime: 0n,
    },
    progress: {
      ...NOT_STARTED,
      ...progress,
      firstReportTime: progress === undefined ? undefined : 17_000_000_000_000_000n,
    },
  }),
)

test('samples have extensions to remember', () => {
  const spelled = withExtensions.filter(({ achievement }) => achievement?.extensions['xbox'] !== undefined)
  expect(spelled.length).toBeGreaterThan(5)
})

const HEAD = {
  method: 'GET',
  mount: '/xbox',
  origin: 'http://localhost:8080',
  path: '',
  params: {},
  headers: {},
  query: new URLSearchParams(),
  now: 0n,
}

test('strict clients read the entry of any record', () => {
  fc.assert(
    fc.property(progressList, (progressEntry) => {
      const entry = writeEntry(progressEntry, { legacy: false }, ['fr', 'en'], HEAD)
      const { achievements } = LISTS[2].parse({ achievements: [entry], pagingInfo })
      expect(achievements[0]).toMatchObject({
        progressState: { not_started: 'NotStarted', in_progress: 'InProgress', achieved: 'Achieved' }[
          progressEntry.progress.state
        ],
        isRevoked: progressEntry.progress.revoked,
      })
      expect(achievements[0]?.mediaAssets[0]).toMatchObject({ type: 'Icon' })
    }),
    { numRuns: 500 },
  )
})

test('and so is the one of contract 1, where the id is a number', () => {
  const numbered = progressList.filter(({ achievement }) =>
    /^[1-9]\d{0,8}$/.test(achievement.ids['xbox'] ?? ''),
  )
  const version = '0001-01-01T00:00:00.0000000Z'
  fc.assert(
    fc.property(numbered, (progressEntry) => {
      const entry = writeEntry(progressEntry, { legacy: true }, [], HEAD)
      const { achievements } = LISTS[1].parse({ achievements: [entry], pagingInfo, version })
      expect(achievements[0]?.unlocked).toBe(progressEntry.progress.state === 'achieved')
    }),
    { numRuns: 500 },
  )
})

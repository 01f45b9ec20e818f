import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { createPlayedTitle, titleId } from '../../support/played-title.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf } from '../../support/services.ts'

const DAY = 86_400n * TICKS_PER_SECOND

type Move =
  | { readonly kind: 'add'; readonly by: bigint }
  | { readonly kind: 'start'; readonly days: bigint }
  | { readonly kind: 'end'; readonly days: bigint }
  | { readonly kind: 'persistent' }

const days = fc.bigInt(1n, 3n)
const moves: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), by: fc.bigInt(1n, 5n) }),
  fc.record({ kind: fc.constant('start' as const), days }),
  fc.record({ kind: fc.constant('end' as const), days }),
  fc.record({ kind: fc.constant('persistent' as const) }),
)

test('each new start of a window resets the counts, also a start from before, and a new end keeps them', async () => {
  await using played = await createPlayedTitle()
  const { services, record } = played
  const now = services.now()
  let runs = 0
  const property = async (list: readonly Move[]) => {
    runs += 1
    const achievementId = `run-${runs}`
    let window = { start: now - DAY, end: now + DAY }
    let kind: 'challenge' | 'persistent' = 'challenge'
    const achievement = achievementOf({
      id: achievementId,
      kind,
      window,
      requirements: [requirementOf({ target: 1000n })],
    })
    await createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())
    const update = (patch: object) => {
      const key = { titleId, achievementId, etag: undefined, requestId: undefined }
      return updateAchievement(services, { ...key, patch }, callOf())
    }
    const key = { titleId, playerId: 'ann', achievementId }
    let count = 0n
    for (const move of list) {
      if (move.kind === 'add') {
        const report = { kind: 'add', requirementId: undefined, quantity: move.by } as const
        await record('ann', achievementId, report)
        count += move.by
      } else {
        const before = kind === 'challenge' ? window.start : undefined
        kind = move.kind === 'persistent' ? 'persistent' : 'challenge'
        if (move.kind === 'start') window = { ...window, start: now - move.days * DAY }
        if (move.kind === 'end') window = { ...window, end: now + move.days * DAY }
        await update({ kind, window })
        if (kind === 'challenge' && before !== window.start) count = 0n
      }
      const { progress } = await getProgress(services, key, callOf())
      expect(progress.values['count'] ?? 0n).toBe(count)
      expect(progress.state).toBe(count > 0n ? 'in_progress' : 'not_started')
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(moves, { maxLength: 8 }), property), {
    numRuns: 60,
    examples: [
      [
        [
          { kind: 'add', by: 5n },
          { kind: 'start', days: 2n },
          { kind: 'start', days: 1n },
          { kind: 'add', by: 1n },
        ],
      ],
    ],
  })
})

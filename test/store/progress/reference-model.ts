import fc from 'fast-check'
import type { Achievement } from '../../../src/model/achievement.ts'
import { applyReport } from '../../../src/model/apply-report.ts'
import { pack } from '../../../src/model/packed.ts'
import {
  NOT_STARTED,
  type Progress,
  type ProgressKey,
  type ProgressResult,
} from '../../../src/model/progress.ts'
import type { RecordProgress } from '../../../src/service/progress/writer/contract.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'

const two = (parts: object) => [requirementOf({ id: 'a', ...parts }), requirementOf({ id: 'b', target: 3n })]

export const ACHIEVEMENTS: readonly Achievement[] = [
  achievementOf({ id: 'plain', rewards: gamerscore(5) }),
  achievementOf({ id: 'counted', rewards: gamerscore(10), requirements: [requirementOf({ target: 20n })] }),
  achievementOf({ id: 'two', requirements: two({}) }),
  achievementOf({
    id: 'lap',
    requirements: [requirementOf({ operator: 'at_most', target: 60.5, valueType: 'double' })],
  }),
  achievementOf({
    id: 'over',
    kind: 'challenge',
    window: { start: 0n, end: 1n },
    requirements: [requirementOf()],
  }),
  achievementOf({ id: 'followed', requirements: [requirementOf({ statCode: 'kills' })] }),
  achievementOf({ id: 'mixed', requirements: two({ statCode: 'kills' }) }),
]

const requirementId = fc.constantFrom(undefined, 'count', 'a', 'b', 'none')
const quantity = fc.oneof(fc.bigInt({ min: 0n, max: 25n }), fc.constantFrom(59.5, 61.25))
const report = fc.oneof(
  fc.record({ kind: fc.constant('reach' as const), requirementId, quantity }),
  fc.record({ kind: fc.constant('add' as const), requirementId, quantity: fc.bigInt({ min: 0n, max: 7n }) }),
  fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 0, max: 100 }) }),
  fc.constant({ kind: 'unlock' as const }),
)
/** Any report, valid or not. */
export const reportRequest = fc.record({
  titleId: fc.constantFrom('title', 'title', 'title', 'nowhere'),
  playerId: fc.constantFrom('ann', 'ben', 'cat'),
  achievementId: fc.constantFrom(...ACHIEVEMENTS.map(({ id }) => id), 'none'),
  report,
  occurredTime: fc.constant(undefined),
  requestId: fc.option(fc.constantFrom('r1', 'r2', 'r3'), { nil: undefined }),
})

/** The reference model: applies one request at a time, in memory. */
export class ReferenceModel {
  readonly progress = new Map<string, Progress>()
  readonly #responses = new Map<string, { readonly payload: string; readonly outcome: unknown }>()

  record(request: RecordProgress): unknown {
    const { titleId, playerId, achievementId, requestId } = request
    const definition = ACHIEVEMENTS.find(({ id }) => id === achievementId)
    if (titleId !== 'title') return 'TITLE_NOT_FOUND'
    if (definition === undefined) return 'ACHIEVEMENT_NOT_FOUND'
    const name = `${playerId} ${requestId}`
    const payload = pack(request)
    const known = requestId === undefined ? undefined : this.#responses.get(name)
    if (known !== undefined) return known.payload === payload ? known.outcome : 'REQUEST_ID_REUSED'
    const key = `${playerId} ${achievementId}`
    const context = { time: 1000n, precision: 'exact', actor: 'test' } as const
    const outcome = applyReport(definition, this.progress.get(key) ?? NOT_STARTED, request.report, context)
    if (outcome.kind === 'rejected') return outcome.reason
    if (outcome.changed) this.progress.set(key, outcome.progress)
    const result = essenceOf(outcome)
    if (requestId !== undefined) this.#responses.set(name, { payload, outcome: result })
    return result
  }
}

/** A result without its times, which the reference model does not have. */
export function essenceOf({
  progress,
  changed,
  newlyUnlocked,
  alreadyUnlocked,
}: Omit<ProgressResult, keyof ProgressKey>) {
  const { state, values, percent, reportedPercent } = progress
  return { state, values, percent, reportedPercent, changed, newlyUnlocked, alreadyUnlocked }
}

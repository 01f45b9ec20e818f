import { LaurelError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { PlanKey } from '../../store/plans/plans.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'
import { PlanDraft, planOutdated } from './plan-draft.ts'
import { planOf } from './plans.ts'

const PAGE_SIZE = 500
const MAX_NAMED = 20

/**
 * Plans the inverse of an applied plan: its new achievements are deleted, and the others become what they were. Unlocks that the plan
 * caused stay; the new plan has their number.
 * @throws LaurelError PLAN_NOT_APPLIED; PLAN_OUTDATED if one of the achievements has changed since.
 */
export async function planReversal(services: Services, key: PlanKey, call: Call): Promise<Plan> {
  const { titleId, planId } = key
  const { keptUnlockCount } = await services.store.read(call.signal, async (queries) => {
    const { applyTime } = await planOf(queries, key)
    if (applyTime === undefined) throw planNotApplied(key)
    return { keptUnlockCount: (await queries.plans.findUnlocks(key, applyTime)).count }
  })
  using draft = await PlanDraft.open(
    services,
    titleId,
    { source: 'plan', sourceId: planId, keptUnlockCount },
    call,
  )
  const changed = await services.store.read(call.signal, (queries) =>
    queries.plans.listChangedSince(key, MAX_NAMED),
  )
  if (changed.length > 0) throw planOutdated(key, changed)
  for (let after = ''; ; ) {
    const { items, isCut, current } = await services.store.read(call.signal, async (queries) => {
      const page = await queries.plans.listChanges(key, after, PAGE_SIZE)
      const ids = page.items.map(({ achievementId }) => achievementId)
      const found = await queries.achievements.listByIds(titleId, ids)
      return { ...page, current: new Map(found.map((achievement) => [achievement.id, achievement])) }
    })
    for (const { achievementId, before } of items) draft.add(current.get(achievementId), before)
    after = items.at(-1)?.achievementId ?? ''
    if (items.length < PAGE_SIZE && !isCut) return await draft.store(call)
  }
}

function planNotApplied({ titleId, planId }: PlanKey): LaurelError {
  const message = `plan ${planId} is not applied: apply it before it is reversed`
  return new LaurelError('failed_precondition', 'PLAN_NOT_APPLIED', message, {
    metadata: { titleId, planId },
  })
}

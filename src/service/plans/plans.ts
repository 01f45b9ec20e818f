import { LaurelError } from '../../model/errors.ts'
import type { Plan, PlanChange } from '../../model/plan.ts'
import type { PlanKey, PlanUnlocks } from '../../store/plans/plans.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { definitionChanges, type FieldChange } from '../exchange/field-changes.ts'
import { type Page, readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface PlanState {
  readonly plan: Plan
  /** Undefined before it is applied. */
  readonly unlocks: PlanUnlocks | undefined
}

/** Returns a plan, and the unlocks that its back-fills have caused if it is applied. */
export async function getPlan(services: Services, key: PlanKey, call: Call): Promise<PlanState> {
  return services.store.read(call.signal, async (queries) => {
    const plan = await planOf(queries, key)
    const { applyTime } = plan
    const unlocks = applyTime === undefined ? undefined : await queries.plans.findUnlocks(key, applyTime)
    return { plan, unlocks }
  })
}

export interface ListPlanChanges extends PlanKey {
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** A change with the fields that differ; none for a new or deleted achievement. */
export interface ShownPlanChange extends PlanChange {
  readonly fields: readonly FieldChange[]
}

/** Returns a page of the changes of a plan, in order of achievement. */
export async function listPlanChanges(
  services: Services,
  request: ListPlanChanges,
  call: Call,
): Promise<Page<ShownPlanChange>> {
  const { titleId, planId } = request
  return services.store.read(call.signal, async (queries) => {
    await planOf(queries, request)
    return readPage(
      request,
      ['planChanges', titleId, planId],
      async (after, limit) => {
        const { items, isCut } = await queries.plans.listChanges(request, after?.id ?? '', limit)
        return { items: items.map(withFields), isCut }
      },
      ({ achievementId }) => ({ key: 0n, id: achievementId }),
    )
  })
}

function withFields(change: PlanChange): ShownPlanChange {
  const { before, after } = change
  const isPair = before !== undefined && after !== undefined
  return { ...change, fields: isPair ? definitionChanges(before, after) : [] }
}

export async function planOf(queries: Queries, key: PlanKey): Promise<Plan> {
  return (await queries.plans.find(key)) ?? missingPlan(queries, key)
}

export async function missingPlan(queries: Queries, { titleId, planId }: PlanKey): Promise<never> {
  await titleOf(queries, titleId)
  const message = `plan ${planId} does not exist in title ${titleId}, or has been purged: make it again`
  throw new LaurelError('not_found', 'PLAN_NOT_FOUND', message, { metadata: { titleId, planId } })
}

import type { StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Plan, PlanChange } from '../../model/plan.ts'
import type { PlanKey } from '../../store/plans/plans.ts'
import type { Queries } from '../../store/queries.ts'
import { removeAchievement } from '../achievements/delete-achievement.ts'
import { type DefinitionChange, writeDefinitions } from '../achievements/write-definitions.ts'
import { planChange } from '../audit/changes.ts'
import { authorize, definitions } from '../authorization.ts'
import { attributionOf, type Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { lockTitle } from '../require.ts'
import type { Services } from '../services.ts'
import { checkStamp } from './plan-draft.ts'
import { missingPlan } from './plans.ts'

export interface ApplyPlan extends PlanKey {
  /** Also deletes players' progress on achievements that the plan deletes. */
  readonly force: boolean
  readonly requestId: string | undefined
}

/** Changes per statement: a plan has thousands, and Postgres takes at most 256 MiB of JSON in one value. */
const PAGE_SIZE = 500

/**
 * Makes all changes of a plan in one transaction, with the events and back-fills of any other change of definitions.
 * @throws LaurelError PLAN_OUTDATED if the title's definitions have changed since the plan was made; PLAN_APPLIED.
 */
export async function applyPlan(services: Services, request: ApplyPlan, call: Call): Promise<Plan> {
  const { titleId, planId, requestId } = request
  return mutateIdempotently(services, 'applyPlan', { titleId }, request, call, async (queries) => {
    await lockTitle(queries, titleId)
    const plan = (await queries.plans.lock(request)) ?? (await missingPlan(queries, request))
    if (plan.applyTime !== undefined) throw planApplied(plan)
    if (plan.counts.deleted > 0) authorize(call.principal, [definitions(titleId, 'delete')])
    await queries.achievements.lockAllShared(titleId)
    await checkStamp(queries, plan)
    const time = services.now()
    const change = { ...attributionOf(call, requestId), time }
    // Deletions first: a written achievement may have the dialect id of a deleted one.
    for await (const page of changesOf(queries, request)) await remove(queries, page, request.force, change)
    for await (const page of changesOf(queries, request)) await write(queries, titleId, page, change)
    await queries.plans.markApplied({ titleId, planId }, time)
    const applied = { ...plan, applyTime: time }
    return { result: applied, change: planChange(plan, applied) }
  })
}

async function* changesOf(queries: Queries, key: PlanKey): AsyncGenerator<readonly PlanChange[]> {
  for (let after = ''; ; ) {
    const { items, isCut } = await queries.plans.listChanges(key, after, PAGE_SIZE)
    yield items
    after = items.at(-1)?.achievementId ?? ''
    if (items.length < PAGE_SIZE && !isCut) return
  }
}

async function remove(
  queries: Queries,
  changes: readonly PlanChange[],
  force: boolean,
  { time, actor, requestId = '' }: DefinitionChange,
): Promise<void> {
  for (const { before, after } of changes) {
    if (before === undefined || after !== undefined) continue
    await queries.achievements.lock(before.titleId, [before.id])
    await removeAchievement(queries, before, force, { time, actor, reason: '', requestId })
  }
}

async function write(
  queries: Queries,
  titleId: string,
  changes: readonly PlanChange[],
  change: DefinitionChange,
): Promise<void> {
  const ids = changes.flatMap(({ after }) => after?.id ?? [])
  if (ids.length === 0) return
  const locked = await queries.achievements.lock(titleId, ids)
  const current = new Map(locked.map((achievement) => [achievement.id, achievement]))
  const writes = changes.flatMap(({ after }) => {
    const before = after && current.get(after.id)
    return after === undefined ? [] : [{ before, after: before ? withCreatedIds(after, before) : after }]
  })
  await writeDefinitions(queries, titleId, writes, change)
}

/** Keeps the dialect ids that exports have created since the plan was made. */
function withCreatedIds(after: StoredAchievement, current: StoredAchievement): StoredAchievement {
  const { ids, mintedIds = {} } = current
  const created = Object.fromEntries(Object.entries(mintedIds).filter(([dialect, id]) => ids[dialect] === id))
  return { ...after, ids: { ...created, ...after.ids }, mintedIds: { ...created, ...after.mintedIds } }
}

function planApplied({ titleId, id: planId }: Plan): LaurelError {
  const message = `plan ${planId} has been applied before: make a new plan for further changes`
  return new LaurelError('failed_precondition', 'PLAN_APPLIED', message, { metadata: { titleId, planId } })
}

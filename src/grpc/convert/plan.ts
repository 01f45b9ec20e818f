import {
  type PlanChange as PlanChangeMessage,
  type Plan as PlanMessage,
  PlanSource as PlanSourceOnWire,
} from '../../gen/laurel/v1/plan.ts'
import type { Plan, PlanSource } from '../../model/plan.ts'
import type { PlanState, ShownPlanChange } from '../../service/plans/plans.ts'
import { writeAchievement } from './achievement.ts'
import { writeFieldChange } from './exchange.ts'
import { writeInstant, writeOptionalInstant } from './time.ts'

const SOURCES_ON_WIRE: Readonly<Record<PlanSource, PlanSourceOnWire>> = {
  document: PlanSourceOnWire.DOCUMENT,
  title: PlanSourceOnWire.TITLE,
  plan: PlanSourceOnWire.PLAN,
}

export function writePlan(plan: Plan, unlocks?: PlanState['unlocks']): PlanMessage {
  return {
    titleId: plan.titleId,
    planId: plan.id,
    source: SOURCES_ON_WIRE[plan.source],
    sourceId: plan.sourceId,
    newCount: plan.counts.new,
    replacedCount: plan.counts.replaced,
    deletedCount: plan.counts.deleted,
    actor: plan.actor,
    createTime: writeInstant(plan.createTime),
    applyTime: writeOptionalInstant(plan.applyTime),
    unlockedCount: unlocks?.count ?? 0n,
    backfilling: unlocks?.isRunning ?? false,
    keptUnlockCount: plan.keptUnlockCount,
  }
}

export function writePlanChange({
  achievementId,
  before,
  after,
  fields,
}: ShownPlanChange): PlanChangeMessage {
  return {
    achievementId,
    before: before && writeAchievement(before),
    after: after && writeAchievement(after),
    fields: fields.map(writeFieldChange),
  }
}

import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { applyPlan } from './apply-plan.ts'
import { type PlanImportOptions, planImport } from './plan-import.ts'
import { type PlanPromotion, planPromotion } from './plan-promotion.ts'
import { planReversal } from './plan-reversal.ts'
import { getPlan, listPlanChanges } from './plans.ts'

type OfTitle = { readonly titleId: string }

const canWrite = ({ titleId }: OfTitle) => [
  permission.definitions(titleId, 'create'),
  permission.definitions(titleId, 'update'),
]

export const PLAN_OPERATIONS = {
  planImport: operation(
    (
      services,
      { content, ...options }: PlanImportOptions & { readonly content: AsyncIterable<Uint8Array> },
      call,
    ) => planImport(services, options, content, call),
    canWrite,
  ),
  planPromotion: operation(planPromotion, (request: PlanPromotion) => [
    ...canWrite(request),
    permission.definitions(request.sourceTitleId, 'read'),
  ]),
  planReversal: operation(planReversal, canWrite),
  applyPlan: operation(applyPlan, canWrite),
  getPlan: operation(getPlan, ({ titleId }) => [permission.definitions(titleId, 'read')]),
  listPlanChanges: operation(listPlanChanges, ({ titleId }) => [permission.definitions(titleId, 'read')]),
}

import type { PlanServiceService } from '../gen/laurel/v1/plan_service.ts'
import type { Operations } from '../service/operations.ts'
import { readStrategy } from './convert/exchange.ts'
import { readPlanImport } from './convert/exchange-options.ts'
import { importMessages } from './convert/parts.ts'
import { writePlan, writePlanChange } from './convert/plan.ts'
import { readId, readPaging, readRequestId } from './convert/scalars.ts'
import { parse, type Violations } from './convert/violations.ts'
import { openDocument } from './document-stream.ts'
import { bidiStream, type HandlersOf, unary } from './handlers.ts'

export function planService(operations: Operations): HandlersOf<typeof PlanServiceService> {
  return {
    planImport: bidiStream(async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readPlanImport(first, violations))
      for await (const part of operations.planImport({ ...options, content }, call)) {
        const plan = part.plan && writePlan(part.plan)
        for (const message of importMessages(part)) yield { ...message, plan: message.summary && plan }
      }
    }),

    planPromotion: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        sourceTitleId: readId(message.sourceTitleId, 'source_title_id', violations),
        strategy: readStrategy(message.strategy, violations),
      }))
      return { plan: writePlan(await operations.planPromotion(request, call)) }
    }),

    planReversal: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      return { plan: writePlan(await operations.planReversal(key, call)) }
    }),

    applyPlan: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readKey(message, violations),
        force: message.force,
        requestId: readRequestId(message.requestId, violations),
      }))
      return { plan: writePlan(await operations.applyPlan(request, call)) }
    }),

    getPlan: unary(async (message, call) => {
      const key = parse((violations) => readKey(message, violations))
      const { plan, unlocks } = await operations.getPlan(key, call)
      return { plan: writePlan(plan, unlocks) }
    }),

    listPlanChanges: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readKey(message, violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken = '' } = await operations.listPlanChanges(request, call)
      return { changes: items.map(writePlanChange), nextPageToken }
    }),
  }
}

function readKey(
  message: { readonly titleId: string; readonly planId: string },
  violations: Violations,
): { readonly titleId: string; readonly planId: string } {
  return {
    titleId: readId(message.titleId, 'title_id', violations),
    planId: readId(message.planId, 'plan_id', violations),
  }
}

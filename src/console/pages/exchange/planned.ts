import type {
  EntryOutcomeJson,
  ImportStrategyJson,
  ImportSummaryJson,
  LossJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import type { PlanChangeJson, PlanJson } from '../../../clients/typescript/gen/laurel/v1/plan_pb.js'
import { allPages, api } from '../../api.ts'

/** A plan with everything that a person reads before it is applied. */
export interface Planned {
  readonly plan: PlanJson
  readonly changes: readonly PlanChangeJson[]
  /** The outcomes of a document's entries; empty for other sources. */
  readonly outcomes: readonly EntryOutcomeJson[]
  readonly losses: readonly LossJson[]
  readonly summary: ImportSummaryJson | undefined
}

export interface ImportOptions {
  readonly titleId: string
  readonly strategy: ImportStrategyJson
  readonly signal: AbortSignal
}

const PAGE_SIZE = 1000

/** Plans the import of a document, and reports the number of entries read so far. */
export async function planDocument(
  document: Blob,
  dialect: string,
  { titleId, strategy, signal }: ImportOptions,
  allowRebinding: boolean,
  onProgress: (entryCount: number) => void,
): Promise<Planned> {
  const outcomes: EntryOutcomeJson[] = []
  const losses: LossJson[] = []
  let end: { plan: PlanJson; summary: ImportSummaryJson | undefined } = { plan: {}, summary: undefined }
  const responses = api.plans.planImport({ titleId, dialect, strategy, allowRebinding }, document, signal)
  for await (const response of responses) {
    outcomes.push(...(response.outcomes ?? []))
    losses.push(...(response.losses ?? []))
    if (response.plan !== undefined) end = { plan: response.plan, summary: response.summary }
    onProgress(outcomes.length)
  }
  return { ...end, changes: await changesOf(end.plan, signal), outcomes, losses }
}

/** Plans to give a title the definitions of another one. */
export async function planTitle(
  sourceTitleId: string,
  { titleId, strategy, signal }: ImportOptions,
): Promise<Planned> {
  const { plan = {} } = await api.plans.planPromotion({ titleId, sourceTitleId, strategy }, signal)
  return withoutDocument(plan, signal)
}

/** Plans the inverse of an applied plan. */
export async function planUndo(
  { titleId = '', planId = '' }: PlanJson,
  signal: AbortSignal,
): Promise<Planned> {
  const { plan = {} } = await api.plans.planReversal({ titleId, planId }, signal)
  return withoutDocument(plan, signal)
}

async function withoutDocument(plan: PlanJson, signal: AbortSignal): Promise<Planned> {
  return { plan, changes: await changesOf(plan, signal), outcomes: [], losses: [], summary: undefined }
}

async function changesOf(
  { titleId = '', planId = '' }: PlanJson,
  signal: AbortSignal,
): Promise<readonly PlanChangeJson[]> {
  const changes: PlanChangeJson[] = []
  const pages = allPages((pageToken) =>
    api.plans.listPlanChanges({ titleId, planId, pageToken, pageSize: PAGE_SIZE }, signal),
  )
  for await (const page of pages) changes.push(...(page.changes ?? []))
  return changes
}

import {
  type EntryOutcome,
  type ImportStrategy,
  type ImportSummary,
  type Loss,
  LossPolicy,
} from '../gen/laurel/v1/exchange.ts'
import {
  type ExchangeServiceClient,
  ImportAchievementsRequest,
  ImportProgressRequest,
} from '../gen/laurel/v1/exchange_service.ts'
import type { Plan } from '../gen/laurel/v1/plan.ts'
import { PlanImportRequest, type PlanServiceClient } from '../gen/laurel/v1/plan_service.ts'
import { callDuplex } from './client.ts'

export interface ImportMessage {
  readonly outcomes: readonly EntryOutcome[]
  readonly losses: readonly Loss[]
  /** In the last message only. */
  readonly summary?: ImportSummary | undefined
  /** In the last message of a planned import only. */
  readonly plan?: Plan | undefined
}

export interface ImportRequest {
  readonly dialect: string
  readonly titleId: string
  readonly playerId?: string
  readonly dryRun: boolean
  readonly applyRevocations: boolean
  readonly locale: string
  readonly lossPolicy?: LossPolicy
  readonly mapping: ReadonlyMap<string, string>
  /** Undefined to import progress only. */
  readonly definitions: { readonly strategy: ImportStrategy; readonly allowRebinding: boolean } | undefined
}

/** Sends the options, then the document in chunks, and yields the responses. */
export function callImport(
  client: ExchangeServiceClient,
  { mapping, definitions, ...options }: ImportRequest,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<ImportMessage> {
  if (definitions === undefined) {
    const first = { ...ImportProgressRequest.fromPartial(options), mapping: new Map(mapping) }
    const requests = requestsOf(first, ImportProgressRequest.fromPartial({}), chunks)
    return callDuplex(() => client.importProgress(), requests, signal)
  }
  const shared = ImportAchievementsRequest.fromPartial(options)
  const first = { ...shared, ...definitions, mapping: new Map(mapping) }
  const requests = requestsOf(first, ImportAchievementsRequest.fromPartial({}), chunks)
  return callDuplex(() => client.importAchievements(), requests, signal)
}

/** Plans the import of a document in the same way. */
export function callPlanImport(
  client: PlanServiceClient,
  { dialect, titleId, locale, lossPolicy = LossPolicy.UNSPECIFIED, mapping, definitions }: ImportRequest,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<ImportMessage> {
  const options = PlanImportRequest.fromPartial({ dialect, titleId, locale, lossPolicy, ...definitions })
  const first = { ...options, mapping: new Map(mapping) }
  const requests = requestsOf(first, PlanImportRequest.fromPartial({}), chunks)
  return callDuplex(() => client.planImport(), requests, signal)
}

async function* requestsOf<Request>(
  first: Request,
  rest: Request,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
) {
  yield first
  for await (const content of chunks) yield { ...rest, content }
}

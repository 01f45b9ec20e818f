import { randomUUID } from 'node:crypto'
import {
  BatchRecordProgressRequest,
  ProgressServiceClient,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from './client.ts'
import { TITLE_ID } from './fixture.ts'

/** Signs the webhooks of tests; a server gets it as LAUREL_CREDENTIAL_HOOK. */
export const HOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const HOOK = { dialect: 'webhook', credential: 'env:LAUREL_CREDENTIAL_HOOK' }

/** The longest timeout that a destination may have: no machine stalls for so long. */
export const PATIENT = { seconds: 60n, nanos: 0 }

export interface PlayerReport {
  readonly playerId: string
  readonly achievementId: string
  /** The count to reach; without it and without `percent` the achievement is unlocked. */
  readonly value?: number
  readonly percent?: number
}

/** Records reports on a server, a thousand per call; throws if one is rejected. */
export async function record(address: string, items: readonly PlayerReport[]): Promise<void> {
  using client = createClient(ProgressServiceClient, address)
  for (let start = 0; start < items.length; start += 1000) {
    const request = { items: items.slice(start, start + 1000).map(toItem) } as never
    const { results } = await callUnary(
      client,
      'batchRecordProgress',
      BatchRecordProgressRequest.fromPartial(request),
    )
    for (const { outcome } of results) if (outcome?.$case === 'error') throw new Error(outcome.value.message)
  }
}

function toItem({ playerId, achievementId, value, percent }: PlayerReport) {
  const header = { titleId: TITLE_ID, playerId, achievementId, requestId: randomUUID() }
  if (percent !== undefined) return { ...header, report: { $case: 'percent', value: percent } }
  if (value === undefined) return { ...header, report: { $case: 'unlock', value: true } }
  const quantity = { value: { $case: 'integer', value: BigInt(value) } }
  return { ...header, report: { $case: 'reach', value: { requirementId: '', quantity } } }
}

/** Polls until a condition holds; the test's timeout is the bound. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25))
}

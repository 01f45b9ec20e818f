import { randomUUID } from 'node:crypto'
import {
  BatchRecordProgressRequest,
  ProgressServiceClient,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from './client.ts'
import { TITLE_ID } from './fixture.ts'

/** What signs a test's webhooks; give it to a server as LAUREL_CREDENTIAL_HOOK. */
export const HOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const HOOK = { dialect: 'webhook', credential: 'env:LAUREL_CREDENTIAL_HOOK' }

/** As long as a destination may take: no machine stands still for so long. */
export const PATIENT = { seconds: 60n, nanos: 0 }

export interface Said {
  readonly playerId: string
  readonly achievementId: string
  /** How far it is; without this and a percent it is unlocked. */
  readonly value?: number
  readonly percent?: number
}

/** Tells a server what players did, a thousand at a time; fails where one is refused. */
export async function record(address: string, items: readonly Said[]): Promise<void> {
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

function toItem({ playerId, achievementId, value, percent }: Said) {
  const header = { titleId: TITLE_ID, playerId, achievementId, requestId: randomUUID() }
  if (percent !== undefined) return { ...header, report: { $case: 'percent', value: percent } }
  if (value === undefined) return { ...header, report: { $case: 'unlock', value: true } }
  const quantity = { value: { $case: 'integer', value: BigInt(value) } }
  return { ...header, report: { $case: 'reach', value: { requirementId: '', quantity } } }
}

/** Waits until it is so, looking now and then; the test's own timeout is the bound. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 25))
}

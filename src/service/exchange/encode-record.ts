import type { Adapter, Canonical, EncodeContext, Shape } from '../../dialect/adapter.ts'
import type { Loss } from '../../dialect/losses.ts'
import { encodeEntry } from '../../dialect/translate.ts'
import type { JsonObject } from '../../model/json.ts'
import { placeOf } from './output.ts'
import type { DocumentOptions } from './parts.ts'
import { lossesRejected } from './read-entries.ts'

/** One of our records in the dialect. Its ids are complete already. */
export function encodeRecord(
  adapter: Adapter,
  record: Canonical,
  shape: Shape | undefined,
  options: DocumentOptions,
  account: string | undefined,
  wanted?: EncodeContext['purpose'],
): {
  readonly json: JsonObject
  readonly purpose: EncodeContext['purpose']
  readonly losses: readonly Loss[]
} {
  const purpose = wanted ?? placeOf(adapter, record, shape, '$')
  const context = { locale: options.locale, shape: shape?.name, purpose, account }
  const { result, losses } = encodeEntry(adapter, record, context, COMPLETE)
  if (options.lossPolicy === 'reject' && losses.length > 0) throw lossesRejected(losses)
  return { json: result, purpose, losses }
}

const COMPLETE = {
  binding: (): never => {
    throw new Error('the title has no binding')
  },
  achievementId: (): never => {
    throw new Error('the achievement has no id in the dialect')
  },
}

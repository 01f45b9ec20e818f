import type { Adapter, Canonical, EncodeContext, Shape } from '../../dialect/adapter.ts'
import type { Loss } from '../../dialect/losses.ts'
import { encodeEntry, type Identities } from '../../dialect/translate.ts'
import type { JsonObject } from '../../model/json.ts'
import type { DocumentOptions } from './export-part.ts'
import { derivedBinding } from './identities.ts'
import { locationOf } from './output.ts'
import { lossesRejected } from './read-entries.ts'

/** One of our records in the dialect. Its achievement has its id there already. */
export function encodeRecord(
  adapter: Adapter,
  titleId: string,
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
  const purpose = wanted ?? locationOf(adapter, record, shape, '$')
  const context = { locale: options.locale, shape: shape?.name, purpose, account }
  const { result, losses } = encodeEntry(adapter, record, context, identitiesOf(adapter, titleId))
  if (options.lossPolicy === 'reject' && losses.length > 0) throw lossesRejected(losses)
  return { json: result, purpose, losses }
}

function identitiesOf(adapter: Adapter, titleId: string): Identities {
  return {
    binding: () => derivedBinding(adapter, titleId),
    achievementId: () => {
      throw new Error(`an achievement of title ${titleId} has no id in ${adapter.id}`)
    },
  }
}

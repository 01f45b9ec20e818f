import type { Adapter, Canonical, EncodeContext } from '../../dialect/adapter.ts'
import { decodeEntry, encodeEntry, type Identities } from '../../dialect/translate.ts'
import { UNDETERMINED } from './merge-texts.ts'

/**
 * Returns a stored record encoded in an entry's shape and language, and decoded again: the baseline that the entry is compared with.
 * `theirId` is the entry's own id of the achievement, for a record that has none in the dialect.
 */
export function asRead(
  adapter: Adapter,
  record: Canonical,
  context: Pick<EncodeContext, 'shape' | 'purpose' | 'account'> & Partial<Pick<EncodeContext, 'locale'>>,
  theirId?: string,
): Canonical {
  const identities: Identities = {
    // An entry without a title is compared with a baseline without one.
    binding: () => ({}),
    achievementId: () => theirId ?? adapter.ids.mint({ taken: new Set(), time: 0n, entropy: 0n }),
  }
  const { result } = encodeEntry(adapter, record, { locale: undefined, ...context }, identities)
  return decodeEntry(adapter, result, { locale: UNDETERMINED, envelope: {} }).result
}

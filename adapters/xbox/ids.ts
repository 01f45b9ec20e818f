import type { IdScheme } from '../../src/dialect/adapter.ts'
import type { Binding } from '../../src/model/title.ts'
import { scidOf, titleIds } from './formats.ts'

const LARGEST_ID = 2n ** 32n - 1n
const LARGEST_XUID = 2n ** 64n - 1n

export const ids: IdScheme = {
  /** The next number after the largest in use, as Partner Center counts. */
  mint({ taken, last }) {
    let id = 0n
    for (const text of last === undefined ? taken : [last]) {
      const number = /^\d{1,10}$/.test(text) ? BigInt(text) : 0n
      if (number > id && number <= LARGEST_ID) id = number
    }
    do id = id < LARGEST_ID ? id + 1n : 1n
    while (taken.has(id.toString()))
    return id.toString()
  },

  /** A service configuration id that ends in the title id, as newer titles have it. */
  deriveBinding(_titleId, entropy) {
    const titleId = ((BigInt.asUintN(64, entropy) % LARGEST_ID) + 1n).toString()
    return { service_config_id: scidOf(titleId) as string, title_id: titleId }
  },

  completeBinding: withDerivedIds,

  isAccountId: (text) => /^(0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= LARGEST_XUID,
  accountIdForm: 'a xuid: a decimal number of 64 bits',
  members: ['id'],
}

/** Either id of a newer title follows from the other. */
export function withDerivedIds<Named extends Binding | undefined>(binding: Named): Named {
  if (binding === undefined) return binding
  const { scid, titleId } = titleIds(binding)
  return {
    ...binding,
    ...(scid === undefined ? {} : { service_config_id: scid }),
    ...(titleId === undefined ? {} : { title_id: titleId }),
  }
}

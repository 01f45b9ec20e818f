import type { IdScheme } from '../../src/dialect/adapter.ts'
import type { Binding } from '../../src/model/title.ts'
import { scidOf, titleIds } from './formats.ts'

/** Ids are unsigned integers of 32 bits. */
const LARGEST_ID = 2n ** 32n - 1n
/** Some clients read ids as signed integers of 32 bits, so that no larger one is made up. */
const LARGEST_NEW_ID = 2n ** 31n - 1n
const LARGEST_XUID = 2n ** 64n - 1n

export const ids: IdScheme = {
  /** The next number after the largest in use, as Partner Center counts. */
  mint({ taken, last }) {
    let id = 0n
    for (const text of last === undefined ? taken : [last]) {
      const number = /^\d{1,10}$/.test(text) ? BigInt(text) : 0n
      if (number > id && number <= LARGEST_NEW_ID) id = number
    }
    do id = id < LARGEST_NEW_ID ? id + 1n : 1n
    while (taken.has(id.toString()))
    return id.toString()
  },

  /** A service configuration id that ends in the title id, as newer titles have it. */
  deriveBinding(_titleId, entropy) {
    const number = (BigInt.asUintN(64, entropy) % LARGEST_ID) + 1n
    const titleId = (number & LARGEST_NEW_ID || 1n).toString()
    return { service_config_id: scidOf(titleId) as string, title_id: titleId }
  },

  completeBinding: withDerivedIds,

  members: ['id'],
  account: { accepts: (text) => isDecimal(text, LARGEST_XUID), form: 'a xuid: a decimal number of 64 bits' },
  achievement: { accepts: (text) => isDecimal(text, LARGEST_ID), form: 'a decimal number of 32 bits' },
  binding: {
    service_config_id: {
      accepts: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
      form: 'a GUID in lower case',
    },
    title_id: {
      accepts: (text) => text !== '0' && isDecimal(text, LARGEST_ID),
      form: 'a decimal number of 32 bits from 1',
    },
  },
}

function isDecimal(text: string, largest: bigint): boolean {
  return /^(0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= largest
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

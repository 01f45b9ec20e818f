import type { IdForm, IdScheme } from '../../src/dialect/adapter.ts'
import { TICKS_PER_SECOND } from '../../src/model/instant.ts'

const MAX_LENGTH = 128
/** Leaves room for a hyphen and eight digits. */
const MAX_SLUG = MAX_LENGTH - 9

/** Ids of the service's document store: 24 hexadecimal digits, of which the first 8 are seconds. */
export const ids: IdScheme = {
  mint({ taken, time, entropy }) {
    const seconds = hex(BigInt.asUintN(32, time / TICKS_PER_SECOND), 8)
    let low = entropy
    let id = seconds + hex(BigInt.asUintN(64, low), 16)
    while (taken.has(id)) {
      low += 1n
      id = seconds + hex(BigInt.asUintN(64, low), 16)
    }
    return id
  },

  /** A title id that is a namespace as it stands; else one made from it, with entropy that keeps it its own. */
  deriveBinding(titleId, entropy) {
    const slug = titleId
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
    if (slug === titleId && slug !== '' && slug.length <= MAX_LENGTH) return { namespace: slug }
    return { namespace: `${slug.slice(0, MAX_SLUG) || 'title'}-${hex(BigInt.asUintN(32, entropy), 8)}` }
  },

  members: ['AchievementCode', 'achievementCode'],
  account: textOf('a user id'),
  // Ids of exported files need not be hexadecimal.
  achievement: textOf('an id'),
  binding: { namespace: textOf('a namespace') },
}

function textOf(what: string): IdForm {
  return {
    accepts: (text) => /^\P{Cc}{1,128}$/u.test(text),
    form: `${what} of 1 to 128 characters without control characters`,
  }
}

/** The id of a row that never had one: always the same for the same player and achievement. FNV-1a. */
export function deriveRowId(account: string, code: string): string {
  let hash = 0x6c62272e07bb014262b821756295c58dn
  for (const unit of new TextEncoder().encode(`${account}\n${code}`)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(unit)) * 0x1000000000000000000013bn)
  }
  return hex(hash >> 32n, 24)
}

function hex(value: bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

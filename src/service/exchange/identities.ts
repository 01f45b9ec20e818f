import { createHash } from 'node:crypto'
import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import type { Identities } from '../../dialect/translate.ts'
import { TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Binding } from '../../model/title.ts'

/** 2020-01-01T00:00:00Z, the creation time in the ids of records without a date. */
const UNDATED = 1_577_836_800n * TICKS_PER_SECOND

/** Derives ids in the dialect from the record's id in its own, so that the same record always gets the same id. */
export function derivedIdentities(adapter: Adapter): Identities {
  const taken = new Set<string>()
  const issued = new Map<string, string>()
  let last: string | undefined
  return {
    binding: (record) => derivedBinding(adapter, record.title.displayName ?? 'title'),
    achievementId(record) {
      const name = nameOf(record)
      const earlier = issued.get(name)
      if (earlier !== undefined) return earlier
      const time = record.achievement?.createTime ?? UNDATED
      const id = adapter.ids.mint({ taken, time, entropy: hashOf(name), last })
      last = id
      taken.add(id)
      issued.set(name, id)
      return id
    },
  }
}

/** Returns the binding of a title that was never bound in this dialect. */
export function derivedBinding(adapter: Adapter, titleId: string): Binding {
  return adapter.ids.deriveBinding(titleId, hashOf(titleId))
}

function nameOf({ achievement, progress }: Canonical): string {
  return achievement?.id ?? progress?.achievementId ?? ''
}

/** Returns the first 64 bits of the SHA-256. */
function hashOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64BE()
}

import { createHash } from 'node:crypto'
import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import { titleIdFor, withAllIds } from '../../dialect/bindings.ts'
import type { Identities } from '../../dialect/translate.ts'
import { TICKS_PER_SECOND } from '../../model/instant.ts'
import { pack } from '../../model/packed.ts'
import type { Binding } from '../../model/title.ts'
import { achievementIdOf } from './entry-losses.ts'

/** 2020-01-01T00:00:00Z, the creation time in the ids of records without a date. */
const UNDATED = 1_577_836_800n * TICKS_PER_SECOND

/** The seeds of the titles of a document, for ids that are derived from them. */
export class TitleSeeds {
  readonly #from: Adapter
  readonly #achievements = createHash('sha256')
  #digest: string | undefined

  constructor(from: Adapter) {
    this.#from = from
  }

  /** Notes an entry; all must be noted before a seed is read. */
  add(record: Canonical): void {
    if (this.identifies(record)) return
    this.#achievements.update(pack([achievementIdOf(record), record.achievement?.name.text]))
  }

  /** Whether the entry says which title it is of. */
  identifies({ title }: Canonical): boolean {
    return title.binding !== undefined || title.displayName !== undefined
  }

  /**
   * Returns the title's ids in the document's dialect, else its name; for entries with neither the ids and names of the document's
   * achievements stand for it.
   */
  of({ title: { binding, displayName } }: Canonical): string {
    const from = this.#from
    const bound = binding && titleIdFor(from, withAllIds(from, binding))
    if (bound !== undefined) return bound
    if (displayName !== undefined) return `${from.id}-${displayName}`
    this.#digest ??= this.#achievements.digest('hex').slice(0, 16)
    return `${from.id}-${this.#digest}`
  }
}

/** The ids that a title's achievements got. */
interface Issued {
  readonly taken: Set<string>
  readonly byName: Map<string, string>
  last: string | undefined
}

/** Derives ids in the dialect from the title and the record's id in its own, so that the same record always gets the same ids. */
export function derivedIdentities(adapter: Adapter, seeds: TitleSeeds): Identities {
  const byTitle = new Map<string, Issued>()
  return {
    binding: (record) => derivedBinding(adapter, seeds.of(record)),
    achievementId(record) {
      const seed = seeds.of(record)
      const name = achievementIdOf(record) ?? ''
      const issued = byTitle.get(seed) ?? { taken: new Set(), byName: new Map(), last: undefined }
      byTitle.set(seed, issued)
      const earlier = issued.byName.get(name)
      if (earlier !== undefined) return earlier
      const time = record.achievement?.createTime ?? UNDATED
      const { taken, last } = issued
      const id = adapter.ids.mint({ taken, time, entropy: hashOf(pack([seed, name])), last })
      issued.last = id
      taken.add(id)
      issued.byName.set(name, id)
      return id
    },
  }
}

/** Returns the binding of a title that was never bound in this dialect. */
export function derivedBinding(adapter: Adapter, titleId: string): Binding {
  return adapter.ids.deriveBinding(titleId, hashOf(titleId))
}

/** Returns the first 64 bits of the SHA-256. */
export function hashOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64BE()
}

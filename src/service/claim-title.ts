import type { Title } from '../model/title.ts'
import { dialectOf } from './dialects.ts'
import { findTitle } from './exchange/find-title.ts'
import type { FindBoundTitle } from './find-bound-title.ts'
import type { Call, Services } from './services.ts'

export interface ClaimTitle extends FindBoundTitle {
  /** What one that is made is called; undefined to call it after its ids, as an import does. */
  readonly titleId?: string
}

/** The title that has these ids in a dialect; one that nobody knows is made, as an import makes it. */
export async function claimTitle(
  services: Services,
  { dialect, binding, titleId }: ClaimTitle,
  call: Call,
): Promise<Title> {
  const adapter = dialectOf(services, dialect)
  const facts = { binding, displayName: undefined, extensions: {} }
  const wanted = { mayCreate: true, titleId, allowRebinding: false, locale: undefined }
  return services.store.write(call.signal, async (queries) => {
    return (await findTitle(services, queries, adapter, facts, wanted)).title
  })
}

import type { Title } from '../../model/title.ts'
import { dialectOf } from '../exchange/dialects.ts'
import type { Call, Services } from '../services.ts'
import type { FindBoundTitle } from './find-bound-title.ts'
import { findTitle } from './find-title.ts'

export interface ClaimTitle extends FindBoundTitle {
  /** The id of a title that is created; undefined to name it after its ids, as an import does. */
  readonly titleId?: string
}

/**
 * Returns the title that is bound to these ids in a dialect; where none is, creates one as an import does.
 * @throws LaurelError BINDING_TAKEN where the title to create exists: it is bound by its owner, never by being written to.
 */
export async function claimTitle(
  services: Services,
  { dialect, binding, titleId }: ClaimTitle,
  call: Call,
): Promise<Title> {
  const adapter = dialectOf(services, dialect)
  const facts = { binding, displayName: undefined, extensions: {} }
  const wanted = { mayCreate: true, mayBind: false, titleId, allowRebinding: false, locale: undefined }
  return services.store.write(call.signal, async (queries) => {
    return (await findTitle(services, queries, adapter, facts, wanted, call)).title
  })
}

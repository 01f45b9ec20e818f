import { LaurelError } from '../../model/errors.ts'
import type { Binding, Title } from '../../model/title.ts'
import { titleChange } from '../audit/changes.ts'
import { writeAudited } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { dialectOf } from '../exchange/dialects.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { findTitle, formatBinding } from './find-title.ts'

export interface FindBoundTitle {
  readonly dialect: string
  /** The title's ids in the dialect; one of them is enough. */
  readonly binding: Binding
}

/**
 * Returns the title that is bound to one of these ids in a dialect. A title's own id is not one of them.
 * @throws LaurelError TITLE_NOT_FOUND naming the ids.
 */
export async function findBoundTitle(
  services: Services,
  { dialect, binding }: FindBoundTitle,
  call: Call,
): Promise<Title> {
  return services.store.read(call.signal, async (queries) => {
    const [owner] = await queries.titleBindings.findTitleIds(dialect, binding)
    if (owner !== undefined) return titleOf(queries, owner)
    const message = `no title has ${formatBinding(binding)} in ${dialect}: bind one to it`
    throw new LaurelError('not_found', 'TITLE_NOT_FOUND', message, { metadata: { dialect, ...binding } })
  })
}

export interface ClaimTitle extends FindBoundTitle {
  /** The id of a title that is created; undefined to name it after its ids, as an import does. */
  readonly titleId?: string
}

/**
 * Returns the title that is bound to these ids in a dialect; if there is none, creates it as an import does.
 * @throws LaurelError BINDING_TAKEN if a title of that name exists: only its owner may bind it, not a write to it.
 */
export async function claimTitle(
  services: Services,
  { dialect, binding, titleId }: ClaimTitle,
  call: Call,
): Promise<Title> {
  const adapter = dialectOf(services, dialect)
  const facts = { binding, displayName: undefined, extensions: {} }
  const options = { canCreate: true, canBind: false, titleId, allowRebinding: false, locale: undefined }
  return writeAudited(services, call, async (queries) => {
    const { title, created } = await findTitle(services, queries, adapter, facts, options, call)
    return { result: title, change: created ? titleChange(undefined, title) : undefined }
  })
}

export interface TitleNamed {
  readonly dialect: string
  /** The value of `namespace` in the title's binding. */
  readonly namespace: string
}

/**
 * Returns the id of the title that permissions on a dialect's namespace apply to: the title bound to the namespace, else the
 * title that the first write to it would create. Undefined if another title, not bound to it, has that id.
 */
export async function titleNamed(
  services: Services,
  { dialect, namespace }: TitleNamed,
  { signal }: Pick<Call, 'signal'>,
): Promise<string | undefined> {
  return services.store.read(signal, async (queries) => {
    const [owner] = await queries.titleBindings.findTitleIds(dialect, { namespace })
    if (owner !== undefined) return owner
    return (await queries.titles.find(namespace)) === undefined ? namespace : undefined
  })
}

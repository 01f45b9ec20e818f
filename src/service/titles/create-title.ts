import { LaurelError } from '../../model/errors.ts'
import type { Title } from '../../model/title.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export type NewTitle = Pick<Title, 'id' | 'displayName' | 'defaultLocale' | 'bindings' | 'extensions'> &
  Partial<Pick<Title, 'maskHiddenInGateways'>>

/** @throws LaurelError TITLE_EXISTS; BINDING_TAKEN where the title's id or a binding already means another title. */
export async function createTitle(
  services: Services,
  request: { readonly title: NewTitle; readonly requestId: string | undefined },
  call: Call,
): Promise<Title> {
  return mutateIdempotently(services, 'createTitle', request, call, async (queries) => {
    const { title } = request
    const now = services.now()
    const defaults = { maskHiddenInGateways: false, createTime: now, updateTime: now, etag: '' }
    const isNew = await queries.titles.insert({ ...defaults, ...title })
    if (!isNew) throw titleExists(title.id)
    await queries.titleBindings.replace(title.id, title.bindings)
    return titleOf(queries, title.id)
  })
}

function titleExists(titleId: string): LaurelError {
  const message = `title ${titleId} exists already`
  return new LaurelError('already_exists', 'TITLE_EXISTS', message, { metadata: { titleId } })
}

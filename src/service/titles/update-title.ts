import type { Title } from '../../model/title.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, titleNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import type { NewTitle } from './create-title.ts'

export interface UpdateTitle {
  readonly titleId: string
  readonly etag: string | undefined
  /** Members that are absent stay as they are. */
  readonly patch: Partial<Omit<NewTitle, 'id'>>
  readonly requestId: string | undefined
}

export async function updateTitle(services: Services, request: UpdateTitle, call: Call): Promise<Title> {
  const { titleId, patch } = request
  return mutateIdempotently(services, 'updateTitle', request, call, async (queries) => {
    const current = await queries.titles.lock(titleId)
    if (current === undefined) throw titleNotFound(titleId)
    checkEtag(current, request.etag)
    await queries.titles.update({ ...current, ...patch, updateTime: services.now() })
    if (patch.bindings !== undefined) await queries.titleBindings.replace(titleId, patch.bindings)
    return titleOf(queries, titleId)
  })
}

import { LaurelError } from '../model/errors.ts'
import type { Title } from '../model/title.ts'
import { titleOf } from './lookup.ts'
import { mutateOnce } from './once.ts'
import type { Call, Services } from './services.ts'

export type NewTitle = Pick<Title, 'id' | 'displayName' | 'defaultLocale' | 'bindings' | 'extensions'>

/** @throws LaurelError ALREADY_EXISTS for a title of this id, or a binding that another title has. */
export async function createTitle(
  services: Services,
  request: { readonly title: NewTitle; readonly requestId: string | undefined },
  call: Call,
): Promise<Title> {
  return mutateOnce(services, 'createTitle', request, call, async (queries) => {
    const { title } = request
    if ((await queries.titleById(title.id)) !== undefined) throw titleExists(title.id)
    const now = services.now()
    await queries.insertTitle({ ...title, createTime: now, updateTime: now, etag: '' })
    await queries.replaceBindings(title.id, title.bindings)
    return titleOf(queries, title.id)
  })
}

function titleExists(titleId: string): LaurelError {
  const message = `title ${titleId} exists already`
  return new LaurelError('already_exists', 'TITLE_EXISTS', message, { metadata: { titleId } })
}

import type { TitleServiceService } from '../gen/laurel/v1/title_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { readEtag, readId, readPaging, readRequestId, readText } from './convert/scalars.ts'
import { readTitle, readTitlePatch, writeTitle } from './convert/title.ts'
import { parse, required } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

export function titleService(operations: Operations): HandlersOf<typeof TitleServiceService> {
  return {
    createTitle: unary(async (message, call) => {
      const request = parse((violations) => ({
        title: readTitle(required(message.title, 'title'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { title: writeTitle(await operations.createTitle(request, call)) }
    }),

    getTitle: unary(async (message, call) => {
      const titleId = parse((violations) => readId(message.titleId, 'title_id', violations))
      return { title: writeTitle(await operations.getTitle({ titleId }, call)) }
    }),

    listTitles: unary(async (message, call) => {
      const request = parse((violations) => ({
        query: readText(message.query, 'query', violations, LIMITS.id),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken = '', totalSize } = await operations.listTitles(request, call)
      return { titles: items.map(writeTitle), nextPageToken, totalSize }
    }),

    updateTitle: unary(async (message, call) => {
      const request = parse((violations) => {
        const title = required(message.title, 'title')
        return {
          titleId: readId(title.titleId, 'title.title_id', violations),
          etag: readEtag(title.etag, 'title.etag', violations),
          patch: readTitlePatch(title, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { title: writeTitle(await operations.updateTitle(request, call)) }
    }),

    deleteTitle: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        etag: readEtag(message.etag, 'etag', violations),
        force: message.force,
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.deleteTitle(request, call)
      return {}
    }),
  }
}

import type { TitleServiceServer } from '../gen/laurel/v1/title_service.ts'
import { createTitle } from '../service/create-title.ts'
import { deleteTitle } from '../service/delete-title.ts'
import { getTitle } from '../service/get-title.ts'
import { listTitles } from '../service/list-titles.ts'
import type { Services } from '../service/services.ts'
import { updateTitle } from '../service/update-title.ts'
import type { Logger } from '../telemetry/log.ts'
import { readPaging } from './convert/numbers.ts'
import { readId, readRequestId } from './convert/texts.ts'
import { readTitle, readTitlePatch, writeTitle } from './convert/title.ts'
import { parse, required } from './convert/violations.ts'
import { unary } from './unary.ts'

export function titleService(services: Services, log: Logger): TitleServiceServer {
  return {
    createTitle: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        title: readTitle(required(message.title, 'title'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { title: writeTitle(await createTitle(services, request, call)) }
    }),

    getTitle: unary(log, async (message, call) => {
      const titleId = parse((violations) => readId(message.titleId, 'title_id', violations))
      return { title: writeTitle(await getTitle(services, { titleId }, call)) }
    }),

    listTitles: unary(log, async (message, call) => {
      const request = parse((violations) => readPaging(message, violations))
      const { items, nextPageToken } = await listTitles(services, request, call)
      return { titles: items.map(writeTitle), nextPageToken: nextPageToken ?? '' }
    }),

    updateTitle: unary(log, async (message, call) => {
      const request = parse((violations) => {
        const title = required(message.title, 'title')
        return {
          titleId: readId(title.titleId, 'title.title_id', violations),
          etag: title.etag || undefined,
          patch: readTitlePatch(title, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { title: writeTitle(await updateTitle(services, request, call)) }
    }),

    deleteTitle: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        etag: message.etag || undefined,
        force: message.force,
        requestId: readRequestId(message.requestId, violations),
      }))
      await deleteTitle(services, request, call)
      return {}
    }),
  }
}

import type { Route } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { namespacePath, titleOf } from './target.ts'

/** Events for PlayStation's own service: Laurel cannot send to this other product. */
export const playstationRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: `${namespacePath('admin')}/platforms/psn/bulk`,
    name: 'BulkCreatePSNEvent',
    async handle(request) {
      await titleOf(request)
      const message = 'events for PlayStation are not supported: send them to PlayStation itself'
      throw new LaurelError('unimplemented', 'NOT_SUPPORTED', message)
    },
  },
]

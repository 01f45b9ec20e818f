import type { Gateway } from '../../src/http/gateway.ts'
import { writeFailure } from './gateway/failure.ts'
import { historyRoutes } from './gateway/history.ts'
import { iconRoutes } from './gateway/icons.ts'
import { listRoutes } from './gateway/list.ts'
import { updateRoutes } from './gateway/update.ts'

/** The achievements service of Xbox Live, as `achievements.xboxlive.com` serves it. */
export const gateway: Gateway = {
  dialect: 'xbox',
  mounts: ['/xbox'],
  domains: ['xboxlive.com'],
  routes: [...listRoutes, ...updateRoutes, ...historyRoutes, ...iconRoutes],
  writeFailure,
}

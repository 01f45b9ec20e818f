import type { Gateway } from '../../src/http/gateway.ts'
import { writeFailure } from './gateway/failure.ts'
import { globalRoutes } from './gateway/global.ts'
import { statisticsRoutes } from './gateway/statistics.ts'

/** AccelByte's achievement service, and what its achievements need of the statistics service. */
export const gateway: Gateway = {
  dialect: 'accelbyte',
  mounts: ['/accelbyte'],
  routes: [...globalRoutes, ...statisticsRoutes],
  writeFailure,
}

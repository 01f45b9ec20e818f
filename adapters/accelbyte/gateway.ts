import type { Gateway } from '../../src/http/gateway.ts'
import { definitionRoutes } from './gateway/definitions.ts'
import { exchangeRoutes } from './gateway/exchange.ts'
import { writeFailure } from './gateway/failure.ts'
import { globalRoutes } from './gateway/global.ts'
import { playstationRoutes } from './gateway/playstation.ts'
import { resetRoutes } from './gateway/reset.ts'
import { statisticsRoutes } from './gateway/statistics.ts'
import { tagRoutes } from './gateway/tag-list.ts'
import { unlockRoutes } from './gateway/unlock.ts'
import { userAchievementRoutes } from './gateway/user-achievements.ts'

/** AccelByte's achievement service, and what its achievements need of the statistics service. */
export const gateway: Gateway = {
  dialect: 'accelbyte',
  mounts: ['/accelbyte'],
  domains: ['accelbyte.io'],
  routes: [
    ...definitionRoutes,
    ...exchangeRoutes,
    ...tagRoutes,
    ...userAchievementRoutes,
    ...unlockRoutes,
    ...resetRoutes,
    ...globalRoutes,
    ...playstationRoutes,
    ...statisticsRoutes,
  ],
  writeFailure,
}

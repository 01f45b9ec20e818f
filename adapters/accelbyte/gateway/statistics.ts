import type { Route } from '../../../src/http/gateway.ts'
import { statisticsBulkRoutes } from './statistics-bulk.ts'
import { statisticsConfigRoutes } from './statistics-configs.ts'
import { withStatisticsFailure } from './statistics-failure.ts'
import { statisticsItemRoutes } from './statistics-items.ts'
import { statisticsValueRoutes } from './statistics-values.ts'

/** What the statistics service serves of what achievements follow. */
export const statisticsRoutes: readonly Route[] = [
  ...statisticsConfigRoutes,
  ...statisticsItemRoutes,
  ...statisticsValueRoutes,
  ...statisticsBulkRoutes,
].map((route) => ({ ...route, handle: withStatisticsFailure(route.handle) }))

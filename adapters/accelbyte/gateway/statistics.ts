import type { Route } from '../../../src/http/gateway.ts'
import { statisticsBulkRoutes } from './statistics-bulk.ts'
import { statisticsConfigRoutes } from './statistics-configs.ts'
import { withStatisticsFailure } from './statistics-failure.ts'
import { statisticsItemRoutes } from './statistics-items.ts'
import { statisticsValueRoutes } from './statistics-values.ts'

/** The operations of the statistics service on stats that achievements can follow. */
export const statisticsRoutes: readonly Route[] = [
  ...statisticsConfigRoutes,
  ...statisticsItemRoutes,
  ...statisticsValueRoutes,
  ...statisticsBulkRoutes,
].map((route) => ({ ...route, handle: withStatisticsFailure(route.handle) }))

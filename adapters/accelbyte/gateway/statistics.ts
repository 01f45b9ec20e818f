import type { Route } from '../../../src/http/gateway.ts'

/** What the statistics service serves of what achievements follow. */
export const statisticsRoutes: readonly Route[] = []

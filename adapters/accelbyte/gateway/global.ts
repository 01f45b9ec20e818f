import type { Route } from '../../../src/http/gateway.ts'

/** Community goals: one progress of all players, contributors, and the claim of the reward. */
export const globalRoutes: readonly Route[] = []

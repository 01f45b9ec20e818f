/**
 * The service's limits for each user in each title, for all of these routes together. The longer window comes first, so
 * that a call that the shorter one refuses has counted in it too.
 * Source: https://learn.microsoft.com/gaming/gdk/docs/services/fundamentals/fine-grained-rate-limiting
 */
export const LIMITS = [
  { type: 'sustain', limit: 300, periodSeconds: 300 },
  { type: 'burst', limit: 100, periodSeconds: 15 },
] as const

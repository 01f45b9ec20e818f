/** Counts the lookups of a cache, for metrics. */
export interface CacheLookups {
  hits: number
  misses: number
}

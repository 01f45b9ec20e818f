import { runs } from '../conformance/fuzz-factor.ts'

/**
 * Returns the size of a test that costs minutes at full size. A TEST_FUZZ_FACTOR above 1 multiplies the small size, up to
 * the full one.
 */
export function volume({ small, full }: { readonly small: number; readonly full: number }): number {
  return Math.min(full, runs(small).numRuns)
}

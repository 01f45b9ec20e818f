/** How often a property is tried; `TEST_FUZZ_FACTOR=50` tries it fifty times as often, before a release say. */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: count * Number(process.env['TEST_FUZZ_FACTOR'] ?? 1) }
}

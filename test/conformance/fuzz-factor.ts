/** How often a property is tried; `EFFORT=50` tries it fifty times as often, before a release say. */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: count * Number(process.env['EFFORT'] ?? 1) }
}

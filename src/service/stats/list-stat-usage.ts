import type { Call, Services } from '../services.ts'

/** Which of these stats of a title some player has a value of. */
export async function listStatUsage(
  services: Services,
  { titleId, codes }: { readonly titleId: string; readonly codes: readonly string[] },
  call: Call,
): Promise<ReadonlySet<string>> {
  const used = await services.store.read(call.signal, (queries) =>
    queries.stats.listCodesWithValues(titleId, codes),
  )
  return new Set(used)
}

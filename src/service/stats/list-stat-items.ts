import type { Stat, StatValue } from '../../model/stat.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ListStatItems {
  readonly titleId: string
  readonly playerId: string
}

export interface StatItem {
  readonly stat: Stat
  /** Undefined where the stat's default holds. */
  readonly value: StatValue | undefined
}

const PAGE_SIZE = 1000

/** All stats of a title in order of code, each with what a player has of it. */
export async function listStatItems(
  services: Services,
  request: ListStatItems,
  call: Call,
): Promise<readonly StatItem[]> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const values = new Map((await queries.stats.listValues(request)).map((value) => [value.code, value]))
    const items: StatItem[] = []
    for (let page: readonly Stat[] | undefined; page === undefined || page.length === PAGE_SIZE; ) {
      page = await queries.stats.list(titleId, items.at(-1)?.stat.code ?? '', PAGE_SIZE)
      items.push(...page.map((stat) => ({ stat, value: values.get(stat.code) })))
    }
    if (items.length === 0) await titleOf(queries, titleId)
    return items
  })
}

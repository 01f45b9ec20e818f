import type { StoredAchievement } from '../../model/achievement.ts'
import type { Call } from '../call.ts'
import { idDigest } from '../page-tokens.ts'
import type { Services } from '../services.ts'

const PAGE_SIZE = 500

/** Yields a title's definitions in list order, each once, even if they are reordered meanwhile. */
export async function* definitionPages(
  { store }: Pick<Services, 'store'>,
  titleId: string,
  call: Call,
): AsyncGenerator<readonly StoredAchievement[]> {
  const filter = { titleId, tags: [], hidden: undefined, orderBy: 'list_order', descending: false } as const
  const returned: string[] = []
  for (;;) {
    const { items: page, isCut } = await store.read(call.signal, (queries) =>
      queries.achievements.list({ ...filter, returned, limit: PAGE_SIZE }),
    )
    yield page
    if (page.length < PAGE_SIZE && !isCut) return
    returned.push(...page.map(({ id }) => idDigest(id)))
  }
}

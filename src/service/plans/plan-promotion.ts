import type { StoredAchievement } from '../../model/achievement.ts'
import { invalidArgument } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { Call } from '../call.ts'
import { definitionPages } from '../exchange/definition-pages.ts'
import { definitionChanges } from '../exchange/field-changes.ts'
import type { ImportStrategy } from '../exchange/import-definitions.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { PlanDraft } from './plan-draft.ts'

export interface PlanPromotion {
  readonly titleId: string
  /** The title whose definitions are copied. */
  readonly sourceTitleId: string
  readonly strategy: ImportStrategy
}

/**
 * Plans to give a title the definitions of another one, matched by id: a staging title is promoted. The title's own dialect ids stay,
 * and so do achievements that the other title lacks.
 */
export async function planPromotion(services: Services, request: PlanPromotion, call: Call): Promise<Plan> {
  const { titleId, sourceTitleId, strategy } = request
  if (titleId === sourceTitleId)
    throw invalidArgument([{ field: 'source_title_id', message: 'must name another title than title_id' }])
  await services.store.read(call.signal, (queries) => titleOf(queries, sourceTitleId))
  const source = { source: 'title', sourceId: sourceTitleId } as const
  using draft = await PlanDraft.open(services, titleId, source, call)
  for await (const page of definitionPages(services, sourceTitleId, call)) {
    const ids = page.map(({ id }) => id)
    const stored = await services.store.read(call.signal, (queries) =>
      queries.achievements.listByIds(titleId, ids),
    )
    const existing = new Map(stored.map((achievement) => [achievement.id, achievement]))
    for (const promoted of page) {
      const before = existing.get(promoted.id)
      if (before !== undefined && strategy === 'leave_out') continue
      const after = promotedTo(titleId, promoted, before, draft)
      if (before === undefined || definitionChanges(before, after).length > 0) draft.add(before, after)
    }
  }
  return await draft.store(call)
}

function promotedTo(
  titleId: string,
  promoted: StoredAchievement,
  before: StoredAchievement | undefined,
  { time }: PlanDraft,
): StoredAchievement {
  return {
    ...promoted,
    titleId,
    ids: before?.ids ?? {},
    mintedIds: before?.mintedIds,
    createTime: before?.createTime ?? time,
    updateTime: time,
    statedTimes: before?.statedTimes,
    etag: before?.etag ?? '',
  }
}

import { useCallback, useMemo, useState } from 'preact/hooks'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatNumber, plural } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { localesOfAll } from '../../records/achievement.ts'
import { here, pathTo } from '../../router.ts'
import type { RowContext } from './achievement-row.tsx'
import { AchievementTable } from './achievement-table.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { FilterBar, filtered, filtersOf, isFiltered } from './filters.tsx'
import { useAchievements } from './use-achievements.ts'
import { useReorder } from './use-reorder.ts'
import { useUnlockShares } from './use-unlock-shares.ts'

/** The achievements of a title. */
export function Achievements({ parameters: { title: titleId = '' } }: PageProps) {
  const achievements = useAchievements(titleId)
  const { list, total, error, isLoading, reload, apply } = achievements
  const { error: moveError, reorder } = useReorder(titleId, achievements)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { data: dialects = [] } = useQuery(
    async (signal) => (await api.exchange.listDialects({}, signal)).dialects ?? [],
    [],
  )
  const unlockedPercent = useUnlockShares(titleId)
  const { query } = here.value
  const locale = query.get('locale') ?? ''
  const filters = filtersOf(query)
  const locales = useMemo(() => localesOfAll(list), [list])
  const tags = useMemo(() => [...new Set(list.flatMap((each) => each.tags ?? []))].sort(), [list])
  const rows = useMemo(() => filtered(list, filters, locales), [list, query, locales])
  const canUpdate = can('update', 'ACHIEVEMENT', titleId)
  const context = useMemo<RowContext>(
    () => ({ titleId, locale, locales, canUpdate, unlockedPercent }),
    [titleId, locale, locales, canUpdate, unlockedPercent],
  )
  const select = useCallback((achievementId: string, isSelected: boolean) => {
    setSelected((before) => {
      const after = new Set(before)
      if (isSelected) after.add(achievementId)
      else after.delete(achievementId)
      return after
    })
  }, [])
  const isEmpty = !isLoading && error === undefined && list.length === 0
  const chosen = list.filter(({ achievementId = '' }) => selected.has(achievementId))
  return (
    <Page
      title="Achievements"
      about={aboutText(rows.length, list.length, total, isLoading)}
      actions={
        can('create', 'ACHIEVEMENT', titleId) && (
          <>
            <a class="button" href={pathTo('titles', titleId, 'exchange')}>
              Import
            </a>
            <a class="button primary" href={pathTo('titles', titleId, 'new-achievement')}>
              New achievement
            </a>
          </>
        )
      }
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {moveError !== undefined && <Failure error={moveError} />}
      {isEmpty && <NoAchievements titleId={titleId} />}
      {list.length > 0 && (
        <>
          <FilterBar filters={filters} tags={tags} locales={locales} locale={locale} />
          {chosen.length > 0 && (
            <BulkBar
              titleId={titleId}
              chosen={chosen}
              onApplied={apply}
              onFailed={reload}
              onClear={() => setSelected(new Set())}
            />
          )}
          {rows.length === 0 && isFiltered(filters) && (
            <p class="muted">No achievement passes the filters.</p>
          )}
          {rows.length > 0 && <Legend />}
          {rows.length > 0 && (
            <AchievementTable
              titleId={titleId}
              rows={rows}
              dialects={dialects}
              context={context}
              selected={selected}
              onSelect={select}
              onSelectAll={(isSelected) =>
                setSelected(new Set(isSelected ? rows.map(({ achievementId = '' }) => achievementId) : []))
              }
              onMove={reorder}
            />
          )}
        </>
      )}
    </Page>
  )
}

function aboutText(shown: number, loaded: number, total: number, isLoading: boolean): string {
  if (isLoading)
    return loaded === 0 ? 'Loading…' : `${plural(loaded, 'achievement')} of ${formatNumber(total)} loaded`
  return shown === total
    ? plural(total, 'achievement')
    : `${formatNumber(shown)} of ${plural(total, 'achievement')}`
}

function Legend() {
  return (
    <p class="legend muted">
      Platforms: ● has an id, ○ gets one when it needs it; <Chip kind="bad">errors</Chip>{' '}
      <Chip kind="warning">warnings</Chip> of its store; −n values that it cannot represent
    </p>
  )
}

function NoAchievements({ titleId }: { titleId: string }) {
  return (
    <Empty title="This title has no achievements yet">
      <p class="muted">Create the first one, or import a document of a platform or another title.</p>
      {can('create', 'ACHIEVEMENT', titleId) && (
        <div class="actions">
          <a class="button primary" href={pathTo('titles', titleId, 'new-achievement')}>
            New achievement
          </a>
          <a class="button" href={pathTo('titles', titleId, 'exchange')}>
            Import
          </a>
        </div>
      )}
    </Empty>
  )
}

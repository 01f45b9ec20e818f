import { useMemo, useState } from 'preact/hooks'
import type { AchievementDeliveryJson } from '../../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type {
  PlayerAchievementJson,
  ProgressJson,
} from '../../../clients/typescript/gen/laurel/v1/progress_pb.js'
import { api } from '../../api.ts'
import { DeliveryDialog } from '../../parts/delivery-dialog.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { usePages } from '../../parts/use-pages.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can, view } from '../../permissions.ts'
import { needsHelp } from '../../records/delivery.ts'
import { here, pathTo } from '../../router.ts'
import { AchievementTable } from './achievement-table.tsx'
import { type Enforcement, EnforcementDialog, ResetAllDialog } from './enforcement.tsx'
import { FilterBar, type Filters, filtersOf, passes } from './filters.tsx'

/** The first page is small, so that the first rows appear at once. */
const [FIRST_PAGE, NEXT_PAGES] = [100, 1000]

interface AchievementTabProps {
  readonly titleId: string
  readonly playerId: string
  /** Called when the totals have changed. */
  readonly onChange: () => void
}

/** Every achievement of a title with the player's progress, and the state of its delivery to each destination. */
export function AchievementTab({ titleId, playerId, onChange }: AchievementTabProps) {
  const progress = useProgress(titleId, playerId)
  const destinations = useDestinations(titleId)
  const deliveries = useDeliveries(titleId, playerId, destinations.length > 0)
  const [enforcement, setEnforcement] = useState<Enforcement>()
  const [shown, setShown] = useState<{ destination: DestinationJson; eventId: string }>()
  const [isResetting, setResetting] = useState(false)
  const { query } = here.value
  const filters = filtersOf(query)
  const rows = useMemo(
    () => filteredRows(progress.items, filters, deliveries.of),
    [progress.items, query, deliveries.of],
  )
  const take = (after: ProgressJson) => {
    progress.update((items) => withProgress(items, after))
    onChange()
  }
  const show = (destination: DestinationJson, { newest = {} }: AchievementDeliveryJson) =>
    setShown({ destination, eventId: newest.eventId ?? '' })
  if (progress.isComplete && progress.items.length === 0) return <NoAchievements titleId={titleId} />
  return (
    <>
      {progress.error !== undefined && <Failure error={progress.error} onRetry={progress.reload} />}
      {deliveries.error !== undefined && <Failure error={deliveries.error} onRetry={deliveries.reload} />}
      {progress.items.length > 0 && (
        <>
          <FilterBar filters={filters} hasDestinations={destinations.length > 0}>
            <span class="muted" role="status">
              {plural(rows.length, 'achievement')}
              {!progress.isComplete && ', more are loaded'}
            </span>
            {can('delete', 'PROGRESS', titleId) && (
              <button type="button" class="quiet" onClick={() => setResetting(true)}>
                Reset all
              </button>
            )}
          </FilterBar>
          {rows.length === 0 && progress.isComplete && (
            <p class="muted">No achievement passes the filters.</p>
          )}
          {rows.length > 0 && (
            <AchievementTable
              rows={rows}
              titleId={titleId}
              destinations={destinations}
              deliveryOf={deliveries.of}
              onDelivery={show}
              onEnforce={setEnforcement}
            />
          )}
        </>
      )}
      {enforcement !== undefined && (
        <EnforcementDialog
          enforcement={enforcement}
          playerId={playerId}
          onClose={() => setEnforcement(undefined)}
          onChanged={take}
        />
      )}
      {isResetting && (
        <ResetAllDialog
          titleId={titleId}
          playerId={playerId}
          onClose={() => setResetting(false)}
          onChanged={() => {
            progress.reload()
            onChange()
          }}
        />
      )}
      {shown !== undefined && (
        <DeliveryDialog
          {...shown}
          onClose={() => {
            setShown(undefined)
            deliveries.reload()
          }}
        />
      )}
    </>
  )
}

function NoAchievements({ titleId }: { titleId: string }) {
  return (
    <Empty title="The title has no achievements that players see">
      <p class="muted">Create or import some first. Drafts are not shown to players.</p>
      <a class="button" href={pathTo('titles', titleId)}>
        Achievements
      </a>
    </Empty>
  )
}

function useProgress(titleId: string, playerId: string) {
  return usePages<PlayerAchievementJson>(
    async (pageToken, signal) => {
      const pageSize = pageToken === '' ? FIRST_PAGE : NEXT_PAGES
      const request = { titleId, playerId, pageSize, pageToken, view: view.value }
      const page = await api.progress.listProgress(request, signal)
      return { items: page.items ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId, playerId, view.value],
  )
}

/** Returns none for a caller who may not read them. */
function useDestinations(titleId: string): readonly DestinationJson[] {
  const mayRead = can('read', 'DESTINATION', titleId)
  const { data = [] } = useQuery(
    async (signal) =>
      mayRead
        ? ((await api.destinations.listDestinations({ titleId, pageSize: 1000 }, signal)).destinations ?? [])
        : [],
    [titleId, mayRead],
  )
  return data
}

function useDeliveries(titleId: string, playerId: string, hasDestinations: boolean) {
  const { items, error, reload } = usePages<AchievementDeliveryJson>(
    async (pageToken, signal) => {
      if (!hasDestinations) return { items: [] }
      const request = { titleId, playerId, pageSize: NEXT_PAGES, pageToken }
      const page = await api.destinations.listAchievementDeliveries(request, signal)
      return { items: page.deliveries ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId, playerId, hasDestinations],
  )
  const of = useMemo(() => {
    const byAchievement = Map.groupBy(items, ({ achievementId = '' }) => achievementId)
    return (achievementId: string) => byAchievement.get(achievementId) ?? NONE
  }, [items])
  return { of, error, reload }
}

const NONE: readonly AchievementDeliveryJson[] = []

function filteredRows(
  items: readonly PlayerAchievementJson[],
  filters: Filters,
  deliveriesOf: (achievementId: string) => readonly AchievementDeliveryJson[],
): readonly PlayerAchievementJson[] {
  return items.filter(
    (item) =>
      passes(item, filters) &&
      (!filters.isUndelivered || deliveriesOf(item.achievement?.achievementId ?? '').some(needsHelp)),
  )
}

function withProgress(
  items: readonly PlayerAchievementJson[],
  progress: ProgressJson,
): readonly PlayerAchievementJson[] {
  return items.map((item) =>
    item.achievement?.achievementId === progress.achievementId ? { ...item, progress } : item,
  )
}

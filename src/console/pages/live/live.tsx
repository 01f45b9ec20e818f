import type { ComponentType } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { EventJson } from '../../../clients/typescript/gen/laurel/v1/event_pb.js'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { usePages } from '../../parts/use-pages.ts'
import { nameOf } from '../../records/achievement.ts'
import { pathTo } from '../../router.ts'
import { EventFeed } from './event-feed.tsx'
import { Funnel } from './funnel.tsx'
import type { UnlockChart } from './unlock-chart.tsx'
import { seriesOf, type UnlockMinutes } from './unlock-minutes.ts'
import { useLive } from './use-live.ts'
import { type UnlockTotals, useUnlockTotals } from './use-unlock-totals.ts'

/** The live events of a title. */
export function Live({ parameters: { title: titleId = '' } }: PageProps) {
  const { recent, minutes, today, isConnected, error: liveError } = useLive(titleId)
  const totals = useUnlockTotals(titleId)
  const error = liveError ?? totals.error
  const achievements = useAchievements(titleId)
  const byId = useMemo(
    () => new Map(achievements.map((each) => [each.achievementId ?? '', each])),
    [achievements],
  )
  const nameById = (achievementId: string) => nameOf(byId.get(achievementId) ?? { achievementId })
  return (
    <Page
      title="Live"
      about={
        <span role="status">
          {isConnected ? <Chip kind="good">Connected</Chip> : <Chip>Connecting</Chip>}
        </span>
      }
    >
      {error !== undefined && <Failure error={error} />}
      <div class="live-grid">
        <UnlockPanel minutes={minutes} />
        <RarestPanel titleId={titleId} today={today} totals={totals} nameById={nameById} />
        <Funnel achievements={achievements} totals={totals} />
      </div>
      {recent.length === 0 && error === undefined ? (
        <Empty title="Nothing has happened since the page was opened">
          <p class="muted">Unlocks, progress and changes of definitions appear here as they are stored.</p>
        </Empty>
      ) : (
        <EventFeed events={recent} titleId={titleId} nameById={nameById} />
      )}
    </Page>
  )
}

function useAchievements(titleId: string): readonly AchievementJson[] {
  return usePages(
    async (pageToken, signal) => {
      const page = await api.achievements.listAchievements({ titleId, pageSize: 1000, pageToken }, signal)
      return { items: page.achievements ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId],
  ).items
}

/** The chart is a chunk of its own, which is loaded here alone. */
function UnlockPanel({ minutes }: { minutes: UnlockMinutes }) {
  const [Chart, setChart] = useState<ComponentType<Parameters<typeof UnlockChart>[0]>>()
  useEffect(() => {
    void import('./unlock-chart.tsx').then((loaded) => setChart(() => loaded.UnlockChart))
  }, [])
  const now = useMinute()
  const [times, counts] = useMemo(() => seriesOf(minutes, now), [minutes, now])
  const sum = counts.reduce((total, count) => total + count, 0)
  return (
    <section class="panel">
      <header class="panel-header">
        <h2>Unlocks a minute</h2>
        <span class="muted">{plural(sum, 'unlock')} in the last hour</span>
      </header>
      <div class="panel-body chart-space">{Chart && <Chart times={times} counts={counts} />}</div>
    </section>
  )
}

/** Returns the time, again each few seconds, so that the hour moves on without events. */
function useMinute(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

interface RarestPanelProps {
  readonly titleId: string
  readonly today: ReadonlyMap<string, EventJson>
  readonly totals: UnlockTotals
  readonly nameById: (achievementId: string) => string
}

/** Of the achievements that were unlocked today, the achievement of the fewest players; of several, the one unlocked last. */
function RarestPanel({ titleId, today, totals, nameById }: RarestPanelProps) {
  const [rarest] = [...today].sort(
    ([a, first], [b, second]) =>
      totals.of(a).count - totals.of(b).count || (second.time ?? '').localeCompare(first.time ?? ''),
  )
  if (rarest === undefined) {
    return (
      <section class="panel">
        <header class="panel-header">
          <h2>Rarest unlock today</h2>
        </header>
        <p class="panel-body muted">Nothing was unlocked today.</p>
      </section>
    )
  }
  const [achievementId, { playerId = '' }] = rarest
  const { count } = totals.of(achievementId)
  return (
    <section class="panel">
      <header class="panel-header">
        <h2>Rarest unlock today</h2>
      </header>
      <div class="panel-body rarest">
        <p class="rarest-name clamped">
          <a href={pathTo('titles', titleId, 'achievements', achievementId)} dir="auto">
            {nameById(achievementId)}
          </a>
        </p>
        <p class="muted">
          {count === 0 ? 'The players are counted in a moment' : `${plural(count, 'player')} in all`}
        </p>
        {playerId !== '' && (
          <p>
            The last one today:{' '}
            <a href={pathTo('titles', titleId, 'players', playerId)} dir="auto">
              {playerId}
            </a>
          </p>
        )}
      </div>
    </section>
  )
}

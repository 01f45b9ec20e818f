import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import type { PageProps } from '../../page-props.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatTime, nameOr } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { currentTab, Tabs } from '../../parts/tabs.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { pathTo } from '../../router.ts'
import { AccountPanel } from './account-panel.tsx'
import { AchievementTab } from './achievement-tab.tsx'
import { ChangeTab } from './change-tab.tsx'
import { HistoryTab } from './history-tab.tsx'
import { PlayerActions } from './player-actions.tsx'
import { StatTab } from './stat-tab.tsx'
import { TotalsPanel } from './totals-panel.tsx'

const TABS = {
  achievements: 'Achievements',
  stats: 'Stats',
  history: 'History',
  changes: 'Changes by people',
}

/** One player: accounts, totals, and within a title the achievements with their deliveries, the history and the audit. */
export function Player({ parameters }: PageProps) {
  const { player: namedId = '' } = parameters
  const {
    data: player,
    error,
    reload,
  } = useQuery(
    async (signal) => (await api.players.getPlayer({ playerId: namedId }, signal)).player,
    [namedId],
  )
  const totals = useQuery(
    async (signal) => (await api.progress.listPlayerSummaries({ playerId: namedId }, signal)).summaries ?? [],
    [namedId],
  )
  // A player who was merged has the id of the surviving one.
  const playerId = player?.playerId ?? namedId
  const titleId = parameters['title'] ?? totals.data?.[0]?.titleId
  const isUnknown = error instanceof ApiError && error.code === 'not_found'
  const { title } = parameters
  const above = (
    <a href={title === undefined ? pathTo('players') : pathTo('titles', title, 'players')}>Players</a>
  )
  if (isUnknown && totals.data?.length === 0) return <UnknownPlayer playerId={namedId} above={above} />
  const tabs = titleId !== undefined && can('read', 'AUDIT', titleId) ? TABS : withoutChanges(TABS)
  const tab = currentTab(tabs)
  return (
    <Page
      title={nameOr(player?.displayName, playerId)}
      above={above}
      about={
        <>
          <code dir="auto">{playerId}</code>
          {player?.createTime !== undefined && ` · created ${formatTime(player.createTime)}`}
          {playerId !== namedId && ` · ${namedId} was merged into this player`}
        </>
      }
      actions={player !== undefined && <PlayerActions player={player} onMerged={reload} />}
    >
      <div class="player-panels">
        {error === undefined ? (
          player !== undefined && <AccountPanel player={player} onChange={reload} />
        ) : (
          <Failure error={error} onRetry={reload} />
        )}
        {totals.error === undefined ? (
          totals.data !== undefined && (
            <TotalsPanel summaries={totals.data} titleId={titleId} playerId={playerId} />
          )
        ) : (
          <Failure error={totals.error} onRetry={totals.reload} />
        )}
      </div>
      {titleId !== undefined && (
        <>
          <Tabs label={`The player in ${titleId}`} tabs={tabs} />
          {tab === 'achievements' && (
            <AchievementTab titleId={titleId} playerId={playerId} onChange={totals.reload} />
          )}
          {tab === 'stats' && <StatTab titleId={titleId} playerId={playerId} />}
          {tab === 'history' && <HistoryTab titleId={titleId} playerId={playerId} />}
          {tab === 'changes' && <ChangeTab titleId={titleId} playerId={playerId} />}
        </>
      )}
      {titleId === undefined && totals.data !== undefined && (
        <Empty title="Nothing was recorded for this player yet">
          <p class="muted">Open the player from a title to grant an achievement there.</p>
        </Empty>
      )}
    </Page>
  )
}

function withoutChanges({ achievements, stats, history }: typeof TABS) {
  return { achievements, stats, history }
}

function UnknownPlayer({ playerId, above }: { playerId: string; above: preact.JSX.Element }) {
  return (
    <Page title={playerId} above={above}>
      <Empty title="There is no such player">
        <p class="muted">
          The player may be deleted, or nothing was reported yet. Search by a name or an account instead.
        </p>
        <a class="button" href={pathTo('players')}>
          Search
        </a>
      </Empty>
    </Page>
  )
}

import { useState } from 'preact/hooks'
import type { ContributionJson } from '../../../clients/typescript/gen/laurel/v1/community_pb.js'
import { allPages, api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatNumber, formatTime } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { ReasonDialog } from '../../parts/reason-dialog.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { toast } from '../../parts/toast.tsx'
import { useNextPages } from '../../parts/use-next-pages.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { nameOf } from '../../records/achievement.ts'
import { pathTo } from '../../router.ts'
import { GoalProgress } from './goal-progress.tsx'

/** A goal of all players: its progress, and its contributors with their claims, the highest first. */
export function CommunityGoal({ parameters }: PageProps) {
  const { title: titleId = '', achievement: achievementId = '' } = parameters
  const [isResetting, setResetting] = useState(false)
  const [version, setVersion] = useState(0)
  const { data, error, reload } = useQuery(
    (signal) => loadGoal(titleId, achievementId, signal),
    [titleId, achievementId, version],
  )
  const contributors = useNextPages<ContributionJson>(
    async (pageToken, signal) => {
      const request = { titleId, achievementId, pageSize: 100, pageToken }
      const page = await api.community.listContributors(request, signal)
      return { items: page.contributions ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId, achievementId, version],
  )
  const reset = async (reason: string) => {
    await api.community.resetCommunityProgress({ titleId, achievementId, reason })
    toast('The goal is reset.')
    setVersion((before) => before + 1)
  }
  const { items, isLoading, hasMore } = contributors
  return (
    <Page
      title={data?.name ?? achievementId}
      above={<a href={pathTo('titles', titleId, 'community')}>Community goals</a>}
      about={
        <a href={pathTo('titles', titleId, 'achievements', achievementId)} dir="auto">
          {achievementId}
        </a>
      }
      actions={
        can('delete', 'PROGRESS', titleId) && (
          <button type="button" onClick={() => setResetting(true)}>
            Reset
          </button>
        )
      }
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {data?.progress !== undefined && (
        <p class="actions">
          <GoalProgress progress={data.progress} />
          {data.progress.unlockTime !== undefined && (
            <Chip kind="good">Unlocked {formatTime(data.progress.unlockTime)}</Chip>
          )}
        </p>
      )}
      {contributors.error !== undefined && (
        <Failure error={contributors.error} onRetry={contributors.loadMore} />
      )}
      {items.length === 0 && !isLoading && contributors.error === undefined && (
        <Empty title="No player has contributed yet">
          <p class="muted">The rises of the stat that the goal follows are the contributions.</p>
        </Empty>
      )}
      {items.length > 0 && <ContributorTable contributions={items} titleId={titleId} />}
      {hasMore && (
        <button type="button" class="more" disabled={isLoading} onClick={contributors.loadMore}>
          More contributors
        </button>
      )}
      {isResetting && (
        <ReasonDialog
          title="Reset the goal"
          action="Reset"
          typed="RESET"
          onClose={() => setResetting(false)}
          onConfirm={reset}
        >
          <p>The shared progress, all contributions and the claims are deleted. Values of stats stay.</p>
        </ReasonDialog>
      )}
    </Page>
  )
}

async function loadGoal(titleId: string, achievementId: string, signal: AbortSignal) {
  const { achievement = {} } = await api.achievements.getAchievement({ titleId, achievementId }, signal)
  const list = (pageToken: string) =>
    api.community.listCommunityProgress({ titleId, pageSize: 1000, pageToken }, signal)
  for await (const page of allPages(list)) {
    const progress = page.progress?.find((each) => each.achievementId === achievementId)
    if (progress !== undefined) return { name: nameOf(achievement), progress }
  }
  return { name: nameOf(achievement), progress: undefined }
}

interface ContributorTableProps {
  readonly contributions: readonly ContributionJson[]
  readonly titleId: string
}

function ContributorTable({ contributions, titleId }: ContributorTableProps) {
  return (
    <TableFrame label="Contributors">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              Rank
            </th>
            <th scope="col">Player</th>
            <th scope="col" class="number">
              Contribution
            </th>
            <th scope="col">Reward claimed</th>
            <th scope="col">Last contribution</th>
          </tr>
        </thead>
        <tbody>
          {contributions.map(({ playerId = '', value = 0, claimTime, updateTime }, index) => (
            <tr key={playerId}>
              <td class="number muted">{formatNumber(index + 1)}</td>
              <th scope="row">
                <a href={pathTo('titles', titleId, 'players', playerId)} dir="auto">
                  {playerId}
                </a>
              </th>
              <td class="number">{formatNumber(Number(value))}</td>
              <td class="nowrap">
                {claimTime === undefined ? <span class="muted">No</span> : formatTime(claimTime)}
              </td>
              <td class="nowrap muted">{formatTime(updateTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

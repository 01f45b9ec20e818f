import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { CommunityProgressJson } from '../../../clients/typescript/gen/laurel/v1/community_pb.js'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatTime, plural } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useRefresh } from '../../parts/use-interval.ts'
import { useQuery } from '../../parts/use-query.ts'
import { nameOf } from '../../records/achievement.ts'
import { pathTo } from '../../router.ts'
import { GoalProgress } from './goal-progress.tsx'

/** The shared progress of the achievements that all players of a title earn together. */
export function Community({ parameters: { title: titleId = '' } }: PageProps) {
  const { data, error, reload } = useQuery((signal) => loadGoals(titleId, signal), [titleId])
  useRefresh({ error, reload })
  return (
    <Page
      title="Community goals"
      about={data === undefined ? 'Achievements that all players earn together' : plural(data.length, 'goal')}
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {data?.length === 0 && (
        <Empty title="No player has contributed to a goal yet">
          <p class="muted">
            A goal is an achievement of the participation “community” whose requirement follows a stat. The
            rises of the stat are the contributions.
          </p>
          <a class="button" href={pathTo('titles', titleId)}>
            Achievements
          </a>
        </Empty>
      )}
      {data !== undefined && data.length > 0 && <GoalTable goals={data} titleId={titleId} />}
    </Page>
  )
}

interface Goal {
  readonly progress: CommunityProgressJson
  readonly achievement: AchievementJson
}

async function loadGoals(titleId: string, signal: AbortSignal): Promise<readonly Goal[]> {
  const { progress = [] } = await api.community.listCommunityProgress({ titleId, pageSize: 1000 }, signal)
  if (progress.length === 0) return []
  const achievementIds = progress.map(({ achievementId = '' }) => achievementId)
  const { achievements = [] } = await api.achievements.batchGetAchievements(
    { titleId, achievementIds },
    signal,
  )
  return progress.map((each, index) => ({
    progress: each,
    achievement: achievements[index] ?? { achievementId: each.achievementId ?? '' },
  }))
}

function GoalTable({ goals, titleId }: { goals: readonly Goal[]; titleId: string }) {
  return (
    <TableFrame label="Community goals">
      <table>
        <thead>
          <tr>
            <th scope="col">Goal</th>
            <th scope="col">Progress</th>
            <th scope="col">Unlocked</th>
            <th scope="col">Last contribution</th>
          </tr>
        </thead>
        <tbody>
          {goals.map(({ progress, achievement }) => (
            <tr key={progress.achievementId}>
              <th scope="row">
                <a
                  class="clamped"
                  href={pathTo('titles', titleId, 'community', progress.achievementId ?? '')}
                  dir="auto"
                >
                  {nameOf(achievement)}
                </a>
              </th>
              <td>
                <GoalProgress progress={progress} />
              </td>
              <td class="nowrap">{formatTime(progress.unlockTime)}</td>
              <td class="nowrap muted">{formatTime(progress.updateTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

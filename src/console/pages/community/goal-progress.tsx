import type { CommunityProgressJson } from '../../../clients/typescript/gen/laurel/v1/community_pb.js'
import { formatNumber } from '../../parts/format.ts'

/** The sum of all contributions, and the sum that unlocks the goal. */
export function GoalProgress({ progress }: { progress: CommunityProgressJson }) {
  const value = Number(progress.value ?? 0)
  const target = Number(progress.target?.integer ?? progress.target?.double ?? 0)
  return (
    <span class="goal-progress">
      <progress value={value} max={target || 1} aria-label={`Progress of ${progress.achievementId}`} />
      <span class="number">
        {formatNumber(value)} / {formatNumber(target)}
      </span>
    </span>
  )
}

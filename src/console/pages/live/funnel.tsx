import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { Field } from '../../parts/field.tsx'
import { formatNumber, formatPercent } from '../../parts/format.ts'
import { nameOf } from '../../records/achievement.ts'
import { here, setQuery } from '../../router.ts'
import type { UnlockTotals } from './use-unlock-totals.ts'

interface FunnelProps {
  readonly achievements: readonly AchievementJson[]
  readonly totals: UnlockTotals
}

/** How many players have reached each threshold of a stat: the achievements that follow the stat alone, by their targets. */
export function Funnel({ achievements, totals }: FunnelProps) {
  const byStat = Map.groupBy(achievements.filter(followsOneStat), statOf)
  const stats = [...byStat.keys()].sort()
  const stat = here.value.query.get('stat') ?? stats[0] ?? ''
  const steps = [...(byStat.get(stat) ?? [])].sort((a, b) => targetOf(a) - targetOf(b))
  return (
    <section class="panel">
      <header class="panel-header">
        <h2>Funnel of a stat</h2>
      </header>
      <div class="panel-body stack">
        {stats.length === 0 ? (
          <p class="muted">
            No achievement follows a stat. Give a requirement a stat to see how far players come.
          </p>
        ) : (
          <>
            <Field
              label="Stat"
              help="The players who have reached each target of an achievement that follows it."
            >
              {(attributes) => (
                <select
                  {...attributes}
                  value={stat}
                  onChange={({ currentTarget }) => setQuery({ stat: currentTarget.value })}
                >
                  {stats.map((code) => (
                    <option key={code}>{code}</option>
                  ))}
                </select>
              )}
            </Field>
            <ol class="funnel">
              {steps.map((achievement) => (
                <Step key={achievement.achievementId} achievement={achievement} totals={totals} />
              ))}
            </ol>
          </>
        )}
      </div>
    </section>
  )
}

function Step({ achievement, totals }: { achievement: AchievementJson; totals: UnlockTotals }) {
  const { count, percent } = totals.of(achievement.achievementId ?? '')
  return (
    <li>
      <span class="funnel-name" dir="auto" title={nameOf(achievement)}>
        {nameOf(achievement)} <span class="muted">{formatNumber(targetOf(achievement))}</span>
      </span>
      <span class="number">{formatNumber(count)}</span>
      <span class="number muted">{formatPercent(percent)}</span>
      <progress value={percent} max={100} aria-label={`Players with ${nameOf(achievement)}`} />
    </li>
  )
}

/** All players reach a community goal together: no player has a value of it. */
function followsOneStat({ requirements = [], participation }: AchievementJson): boolean {
  if (participation === 'PARTICIPATION_COMMUNITY') return false
  return requirements.length === 1 && Boolean(requirements[0]?.statCode)
}

function statOf({ requirements = [] }: AchievementJson): string {
  return requirements[0]?.statCode ?? ''
}

function targetOf({ requirements = [] }: AchievementJson): number {
  const { integer, double } = requirements[0]?.target ?? {}
  return Number(integer ?? double ?? 0)
}

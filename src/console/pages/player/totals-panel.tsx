import type { PlayerSummaryJson } from '../../../clients/typescript/gen/laurel/v1/player_pb.js'
import { formatNumber, formatTime } from '../../parts/format.ts'
import { pathTo } from '../../router.ts'

interface TotalsPanelProps {
  readonly summaries: readonly PlayerSummaryJson[]
  /** The title that is shown below. */
  readonly titleId: string | undefined
  readonly playerId: string
}

/** The player's totals in each title, with links to them. */
export function TotalsPanel({ summaries, titleId, playerId }: TotalsPanelProps) {
  return (
    <section class="panel">
      <header class="panel-header">
        <h2>Titles</h2>
      </header>
      {summaries.length === 0 ? (
        <p class="panel-body muted">None: nothing was recorded for this player.</p>
      ) : (
        <div class="panel-scroll">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Title</th>
                <th scope="col" class="number">
                  Unlocked
                </th>
                <th scope="col" class="number">
                  Score
                </th>
                <th scope="col">Last unlock</th>
              </tr>
            </thead>
            <tbody>
              {summaries.map((summary) => (
                <tr key={summary.titleId}>
                  <th scope="row">
                    <a
                      href={pathTo('titles', summary.titleId ?? '', 'players', playerId)}
                      aria-current={summary.titleId === titleId ? 'true' : undefined}
                      dir="auto"
                    >
                      {summary.titleId}
                    </a>
                  </th>
                  <td class="number">
                    {formatNumber(summary.unlockedCount ?? 0)} / {formatNumber(summary.achievementCount ?? 0)}
                  </td>
                  <td class="number">
                    {formatNumber(summary.score ?? 0)} / {formatNumber(summary.maxScore ?? 0)}
                  </td>
                  <td class="muted nowrap">{formatTime(summary.lastUnlockTime)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

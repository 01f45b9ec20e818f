import { useEffect, useState } from 'preact/hooks'
import type { PlanJson } from '../../../clients/typescript/gen/laurel/v1/plan_pb.js'
import { api } from '../../api.ts'
import { downloadJson } from '../../parts/download.ts'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { Progress } from '../../parts/progress.tsx'
import { pathTo } from '../../router.ts'
import type { Planned } from './planned.ts'

interface AppliedProps {
  readonly planned: Planned
  /** The plan as it was applied. */
  readonly plan: PlanJson
  readonly onUndo: () => void
}

const POLL_MILLISECONDS = 1_000

/** An applied plan, while the server applies its definitions to the players, and after. */
export function Applied({ planned, plan, onUndo }: AppliedProps) {
  const { titleId = '', planId = '' } = plan
  const [current, setCurrent] = useState<PlanJson>({ ...plan, backfilling: true })
  const [error, setError] = useState<unknown>()
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    let isOver = false
    setError(undefined)
    const poll = async () => {
      try {
        const { plan: read = {} } = await api.plans.getPlan({ titleId, planId })
        if (isOver) return
        setCurrent(read)
        if (read.backfilling) timer = setTimeout(poll, POLL_MILLISECONDS)
      } catch (thrown) {
        if (!isOver) setError(thrown)
      }
    }
    void poll()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [titleId, planId, attempt])
  const unlocked = Number(current.unlockedCount ?? 0)
  const report = () => {
    const { outcomes, losses, summary, changes } = planned
    downloadJson(`${titleId}-${planId}.json`, { plan: current, summary, outcomes, losses, changes })
  }
  return (
    <section class="panel" aria-label="Result">
      <div class="panel-body stack">
        <p role="status">
          <strong>{plural(planned.changes.length, 'achievement')} changed.</strong>{' '}
          {unlocked > 0 && `${plural(unlocked, 'unlock')} by the new definitions.`}
        </p>
        {current.backfilling && error === undefined && (
          <Progress label="The definitions are applied to the players" />
        )}
        {error !== undefined && <Failure error={error} onRetry={() => setAttempt(attempt + 1)} />}
        <div class="actions">
          <a class="button" href={pathTo('titles', titleId)}>
            Achievements
          </a>
          <button type="button" onClick={report}>
            Download the report
          </button>
          <button type="button" onClick={onUndo}>
            Undo…
          </button>
        </div>
      </div>
    </section>
  )
}

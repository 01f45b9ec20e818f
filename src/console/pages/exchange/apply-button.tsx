import { useState } from 'preact/hooks'
import type { PlanJson } from '../../../clients/typescript/gen/laurel/v1/plan_pb.js'
import { api } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { plural } from '../../parts/format.ts'
import { toast } from '../../parts/toast.tsx'
import { can } from '../../permissions.ts'
import type { Planned } from './planned.ts'

/** A server that commits while the call is cancelled has committed after this time. */
const COMMIT_MILLISECONDS = 500

interface ApplyButtonProps {
  readonly planned: Planned
  /** The word to type. */
  readonly typed: string
  readonly onApplied: (plan: PlanJson) => void
}

/** Applies a plan after a typed confirmation: all of its changes, or none. */
export function ApplyButton({ planned: { plan, changes }, typed, onApplied }: ApplyButtonProps) {
  const [isOpen, setOpen] = useState(false)
  const [force, setForce] = useState(false)
  const { titleId = '', planId = '', deletedCount = 0 } = plan
  const isAllowed = deletedCount === 0 || can('delete', 'ACHIEVEMENT', titleId)
  if (changes.length === 0) return null
  const apply = async (signal: AbortSignal) => {
    try {
      const { plan: applied = {} } = await api.plans.applyPlan({ titleId, planId, force }, signal)
      onApplied(applied)
    } catch (error) {
      if (!signal.aborted) throw error
      await new Promise((resolve) => setTimeout(resolve, COMMIT_MILLISECONDS))
      const { plan: read = {} } = await api.plans.getPlan({ titleId, planId })
      const isApplied = read.applyTime !== undefined
      if (isApplied) onApplied(read)
      toast(
        isApplied
          ? 'It was too late to cancel: the plan is applied.'
          : 'The plan is not applied: nothing has changed.',
      )
    }
  }
  return (
    <div class="actions end">
      {!isAllowed && <p class="muted">The plan deletes achievements, which your credential may not do.</p>}
      <button type="button" class="primary" disabled={!isAllowed} onClick={() => setOpen(true)}>
        Apply the plan…
      </button>
      {isOpen && (
        <Confirm
          title={`Change ${plural(changes.length, 'achievement')}?`}
          typed={typed}
          action="Apply"
          onClose={() => setOpen(false)}
          onConfirm={apply}
        >
          <p>All changes are made together, or none. You can undo them afterwards.</p>
          {deletedCount > 0 && (
            <label class="check">
              <input
                type="checkbox"
                checked={force}
                onChange={({ currentTarget }) => setForce(currentTarget.checked)}
              />
              Delete players’ progress on deleted achievements too
            </label>
          )}
        </Confirm>
      )}
    </div>
  )
}

import { useMemo, useState } from 'preact/hooks'
import type { EntryOutcomeJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { Chip } from '../../parts/chip.tsx'
import { formatNumber, plural } from '../../parts/format.ts'
import { Losses } from './losses.tsx'
import { PlanEntry } from './plan-entry.tsx'
import type { Planned } from './planned.ts'

/** As many entries are in the page at first: a plan may have 10,000. */
const PAGE_LENGTH = 100
/** The entries of a plan of as many are open, because the reader reads them anyway. */
const OPEN_LENGTH = 3

/** A plan, field by field, with everything that is lost or refused on the way. */
export function PlanView({ titleId, planned }: { titleId: string; planned: Planned }) {
  const { plan, changes, outcomes, losses, summary } = planned
  const [shown, setShown] = useState(PAGE_LENGTH)
  const failed = outcomes.filter(({ kind }) => kind === 'ENTRY_OUTCOME_KIND_FAILED')
  const outcomeOf = useMemo(
    () => new Map(outcomes.map((outcome) => [outcome.achievementId, outcome])),
    [outcomes],
  )
  return (
    <section class="panel" aria-labelledby="plan-heading">
      <header class="panel-header">
        <h2 id="plan-heading">Plan</h2>
        <span class="chips">
          <Chip kind="good">{formatNumber(plan.newCount ?? 0)} new</Chip>
          <Chip kind="accent">{formatNumber(plan.replacedCount ?? 0)} replaced</Chip>
          {Boolean(plan.deletedCount) && (
            <Chip kind="bad">{formatNumber(plan.deletedCount ?? 0)} deleted</Chip>
          )}
          {summary !== undefined && <Chip>{formatNumber(summary.unchangedCount ?? 0)} unchanged</Chip>}
          {Boolean(summary?.ignoredCount) && <Chip>{formatNumber(summary?.ignoredCount ?? 0)} left out</Chip>}
          {failed.length > 0 && <Chip kind="bad">{formatNumber(failed.length)} failed</Chip>}
          {losses.length > 0 && <Chip kind="warning">{plural(losses.length, 'loss', 'losses')}</Chip>}
        </span>
      </header>
      <div class="panel-body stack">
        {Boolean(plan.keptUnlockCount) && plan.keptUnlockCount !== '0' && (
          <p>{plural(Number(plan.keptUnlockCount), 'unlock')} that the plan caused will stay.</p>
        )}
        {failed.length > 0 && <Failed outcomes={failed} />}
        {losses.length > 0 && <Losses losses={losses} />}
        {changes.length === 0 && (
          <p class="muted">Nothing changes: the definitions are as the source has them.</p>
        )}
        <div class="plan-entries">
          {changes.slice(0, shown).map((change) => (
            <PlanEntry
              key={change.achievementId}
              titleId={titleId}
              change={change}
              outcome={outcomeOf.get(change.achievementId)}
              isFirstOpen={changes.length <= OPEN_LENGTH}
            />
          ))}
        </div>
        {changes.length > shown && (
          <div>
            <button type="button" onClick={() => setShown(shown + PAGE_LENGTH)}>
              Show more: {formatNumber(changes.length - shown)} are left
            </button>
          </div>
        )}
      </div>
    </section>
  )
}

function Failed({ outcomes }: { outcomes: readonly EntryOutcomeJson[] }) {
  return (
    <div class="failure">
      <p>
        <strong>{plural(outcomes.length, 'entry', 'entries')} cannot be imported</strong>, and the plan leaves{' '}
        {outcomes.length === 1 ? 'it' : 'them'} out:
      </p>
      <ul>
        {outcomes.slice(0, PAGE_LENGTH).map(({ path, achievementId, error }) => (
          <li key={path}>
            <code>{path}</code> {achievementId} {error?.message}
          </li>
        ))}
      </ul>
    </div>
  )
}

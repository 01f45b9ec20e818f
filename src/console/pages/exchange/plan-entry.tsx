import { useState } from 'preact/hooks'
import type {
  DialectPreviewJson,
  EntryOutcomeJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import type { PlanChangeJson } from '../../../clients/typescript/gen/laurel/v1/plan_pb.js'
import { api } from '../../api.ts'
import { dialectName } from '../../dialects.ts'
import { Chip } from '../../parts/chip.tsx'
import { Diff } from '../../parts/diff.tsx'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { useQuery } from '../../parts/use-query.ts'
import { nameOf } from '../../records/achievement.ts'
import { changesBetween } from '../../records/changes.ts'

interface PlanEntryProps {
  readonly titleId: string
  readonly change: PlanChangeJson
  readonly outcome: EntryOutcomeJson | undefined
  /** Whether it is open at first. */
  readonly isFirstOpen: boolean
}

/** One achievement of a plan. Opened, it shows its fields, and how the platforms' stores take its new definition. */
export function PlanEntry({ titleId, change, outcome, isFirstOpen }: PlanEntryProps) {
  const { achievementId = '', before, after } = change
  const [isOpen, setOpen] = useState(isFirstOpen)
  const changes = changesBetween(before ?? {}, after ?? {})
  const duplicates = outcome?.possibleDuplicates ?? []
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Chip kind={before === undefined ? 'good' : after === undefined ? 'bad' : 'accent'}>
          {before === undefined ? 'new' : after === undefined ? 'deleted' : 'replaced'}
        </Chip>{' '}
        <span dir="auto">{nameOf(after ?? before ?? {})}</span> <code>{achievementId}</code>{' '}
        <span class="muted">{plural(changes.length, 'field')}</span>
        {duplicates.length > 0 && (
          <Chip kind="warning" title={duplicates.join(', ')}>
            same name as {duplicates.join(', ')}
          </Chip>
        )}
      </summary>
      {isOpen && (
        <div class="stack plan-entry">
          <Diff
            changes={changes}
            label={`Differences of ${achievementId}`}
            headings={['Stored', after === undefined ? 'Deleted' : 'Planned']}
          />
          {after !== undefined && <StoreFindings titleId={titleId} change={change} />}
        </div>
      )}
    </details>
  )
}

function StoreFindings({ titleId, change }: { titleId: string; change: PlanChangeJson }) {
  const { data = [], error } = useQuery(
    async (signal) => {
      const { etag, ...achievement } = change.after ?? {}
      return (await api.exchange.previewAchievement({ titleId, achievement }, signal)).previews ?? []
    },
    [titleId, change],
  )
  if (error !== undefined) return <Failure error={error} />
  return (
    <ul class="findings">
      {data.map((preview) => (
        <Platform key={preview.dialect} preview={preview} />
      ))}
    </ul>
  )
}

function Platform({ preview: { dialect, definition, findings = [] } }: { preview: DialectPreviewJson }) {
  const lossCount = definition?.losses?.length ?? 0
  return (
    <li>
      <strong>{dialectName(dialect)}</strong>{' '}
      {lossCount === 0 ? 'loses nothing' : `loses ${plural(lossCount, 'value')}`}
      {findings.map(({ rule, path, severity, requirement }) => (
        <span key={`${rule} ${path}`} class={severity === 'LINT_SEVERITY_ERROR' ? 'finding bad' : 'finding'}>
          {' '}
          · <code>{path}</code> {requirement}
        </span>
      ))}
    </li>
  )
}

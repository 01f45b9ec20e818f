import { Chip } from '../../parts/chip.tsx'
import { plural } from '../../parts/format.ts'
import type { DialectState } from './dialect-states.ts'

interface DialectCellProps {
  /** The achievement's id in the dialect; undefined until an export or the dialect's API needs one. */
  readonly id: string | undefined
  /** Undefined until it is loaded. */
  readonly state: DialectState | undefined
}

/** Whether an achievement has an id in a dialect, what the dialect cannot represent, and what its store would refuse. */
export function DialectCell({ id, state }: DialectCellProps) {
  const idText = id === undefined ? 'no id yet' : `id ${id}`
  if (state === undefined)
    return (
      <span class="muted" title={idText}>
        {id === undefined ? '–' : '•'}
      </span>
    )
  const { lossCount, errorCount, warningCount, refusal } = state
  if (refusal !== undefined) {
    return (
      <Chip kind="bad" title={refusal}>
        impossible
      </Chip>
    )
  }
  return (
    <span class="dialect-cell" title={idText}>
      <span class={id === undefined ? 'muted' : ''}>
        {id === undefined ? '○' : '●'}
        <span class="visually-hidden">{idText}</span>
      </span>
      {errorCount > 0 && (
        <Chip kind="bad" title={plural(errorCount, 'error of its store', 'errors of its store')}>
          {errorCount}
        </Chip>
      )}
      {warningCount > 0 && (
        <Chip kind="warning" title={plural(warningCount, 'warning of its store', 'warnings of its store')}>
          {warningCount}
        </Chip>
      )}
      {lossCount > 0 && (
        <span class="muted" title={plural(lossCount, 'loss', 'losses')}>
          −{lossCount}
          <span class="visually-hidden"> losses</span>
        </span>
      )}
    </span>
  )
}

import { useMemo } from 'preact/hooks'
import type { LossJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { formatNumber } from '../../parts/format.ts'
import { TableFrame } from '../../parts/table-frame.tsx'

interface Group {
  readonly kind: string
  readonly field: string
  readonly detail: string
  readonly losses: LossJson[]
}

const SHOWN_IDS = 5

/** The losses of a document, those of one field and reason in a row. */
export function Losses({ losses }: { losses: readonly LossJson[] }) {
  const groups = useMemo(() => groupsOf(losses), [losses])
  return (
    <TableFrame label="Losses" class="losses">
      <table>
        <thead>
          <tr>
            <th scope="col">Loss</th>
            <th scope="col">Field</th>
            <th scope="col" class="number">
              Times
            </th>
            <th scope="col">Why</th>
            <th scope="col">In</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ kind, field, detail, losses: group }) => (
            <tr key={`${kind} ${field} ${detail}`}>
              <td>{kind}</td>
              <th scope="row">
                <code>{field}</code>
              </th>
              <td class="number">{formatNumber(group.length)}</td>
              <td>{detail}</td>
              <td title={group[0]?.fromJson}>{idsOf(group)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

function groupsOf(losses: readonly LossJson[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const loss of losses) {
    const kind = loss.kind?.replace('LOSS_KIND_', '').toLowerCase() ?? ''
    // The index of the entry, and those of lists in it, differ from loss to loss.
    const field = (loss.path ?? '')
      .replace(/^\$(\[\d+\]|\.\w+\[\d+\])?\.?(achievement\.)?/, '')
      .replace(/\[\d+\]/g, '[]')
    const { detail = '' } = loss
    const key = `${kind} ${field} ${detail}`
    const group = groups.get(key) ?? { kind, field, detail, losses: [] }
    group.losses.push(loss)
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => b.losses.length - a.losses.length)
}

function idsOf(losses: readonly LossJson[]): string {
  const ids = [...new Set(losses.flatMap(({ achievementId }) => achievementId || []))]
  const more = ids.length - SHOWN_IDS
  return ids.slice(0, SHOWN_IDS).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

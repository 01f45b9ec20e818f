import { useState } from 'preact/hooks'
import type { AuditEntryJson } from '../../../clients/typescript/gen/laurel/v1/audit_pb.js'
import { Diff } from '../../parts/diff.tsx'
import { formatTime } from '../../parts/format.ts'
import { TableFrame } from '../../parts/table-frame.tsx'
import { changesBetween, resourcePath, resourceTypeOf } from '../../records/audit.ts'

/** Administrative changes, each with its caller, its reason, and the record before and after. */
export function AuditTable({ entries }: { entries: readonly AuditEntryJson[] }) {
  return (
    <TableFrame label="Changes">
      <table class="audit">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">By</th>
            <th scope="col">Operation</th>
            <th scope="col">Type</th>
            <th scope="col">Resource</th>
            <th scope="col">Title</th>
            <th scope="col">Reason</th>
            <th scope="col">
              <span class="visually-hidden">Difference</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <EntryRows key={entry.auditEntryId} entry={entry} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

function EntryRows({ entry }: { entry: AuditEntryJson }) {
  const [isOpen, setOpen] = useState(false)
  const { time, actor, operation = '', titleId, reason, recordOmitted } = entry
  const [service = '', method = ''] = operation.split('/')
  const hasRecord = entry.before !== undefined || entry.after !== undefined || recordOmitted
  return (
    <>
      <tr>
        <td class="nowrap" title={time}>
          {formatTime(time)}
        </td>
        <td dir="auto">{actor}</td>
        <td>
          <code>
            {service}/<wbr />
            {method}
          </code>
        </td>
        <td>{resourceTypeOf(entry)}</td>
        <th scope="row">
          <Resource entry={entry} />
        </th>
        <td dir="auto">{titleId}</td>
        <td dir="auto">{reason}</td>
        <td class="number">
          {hasRecord && (
            <button
              type="button"
              class="quiet small"
              aria-expanded={isOpen}
              aria-label={`${isOpen ? 'Hide' : 'Show'} the difference of ${operation}`}
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? 'Hide' : 'Show'}
            </button>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr class="audit-difference">
          <td colSpan={8}>
            {recordOmitted ? (
              <p class="muted">The records are left out: their JSON is longer than 256 KiB.</p>
            ) : (
              <Diff
                changes={changesBetween(entry.before, entry.after)}
                empty="Only the time of the change differs."
              />
            )}
          </td>
        </tr>
      )}
    </>
  )
}

function Resource({ entry }: { entry: AuditEntryJson }) {
  const name = entry.resourceId || entry.playerId || 'all'
  const path = resourcePath(entry)
  if (path === undefined) return <span dir="auto">{name}</span>
  return (
    <a href={path} dir="auto">
      {name}
    </a>
  )
}

import type { ComponentChildren } from 'preact'
import { TableFrame } from './table-frame.tsx'

/** A field that two records have differently; an absent value is undefined. */
export interface Change {
  readonly field: string
  readonly before: string | undefined
  readonly after: string | undefined
}

interface DiffProps {
  readonly changes: readonly Change[]
  readonly headings?: readonly [before: string, after: string]
  readonly empty?: ComponentChildren
  /** Names it for those who do not see it; unique in the page. */
  readonly label?: string
}

/** The fields that two records have differently, side by side. */
export function Diff(props: DiffProps) {
  const { changes, headings = ['Before', 'After'], empty = 'Nothing differs.', label = 'Differences' } = props
  if (changes.length === 0) return <p class="muted">{empty}</p>
  return (
    <TableFrame label={label}>
      <table class="diff">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">{headings[0]}</th>
            <th scope="col">{headings[1]}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ field, before, after }) => (
            <tr key={field}>
              <th scope="row">
                <code>{field}</code>
              </th>
              <td>
                {before === undefined ? <span class="muted">none</span> : <del dir="auto">{before}</del>}
              </td>
              <td>{after === undefined ? <span class="muted">none</span> : <ins dir="auto">{after}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

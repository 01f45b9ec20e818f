import type { LintFindingJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { dialectName } from '../../dialects.ts'
import { useEditor } from './editor-context.ts'
import { focusField } from './field-path.ts'

/** The findings of the platforms' stores about a field, beside it. */
export function Findings({ field }: { field: string }) {
  const findings = useEditor().findingsOf(field)
  if (findings.length === 0) return null
  return (
    <ul class="findings">
      {findings.map((finding) => (
        <Finding key={`${finding.dialect} ${finding.rule} ${finding.path}`} finding={finding} />
      ))}
    </ul>
  )
}

interface FindingProps {
  readonly finding: LintFindingJson
  /** Whether it is shown where its dialect is known. */
  readonly isOfPanel?: boolean
}

export function Finding({ finding, isOfPanel = false }: FindingProps) {
  const { dialect, severity, path = '', requirement, limit, source } = finding
  const isError = severity === 'LINT_SEVERITY_ERROR'
  return (
    <li class={isError ? 'finding bad' : 'finding'} title={source}>
      {!isOfPanel && <strong>{dialectName(dialect)} </strong>}
      <button type="button" class="link" onClick={() => focusField(path)}>
        <code>{path}</code>
      </button>{' '}
      {requirement}
      {limit ? ` (${limit})` : ''}
    </li>
  )
}

import { useEffect, useState } from 'preact/hooks'
import type {
  DialectJson,
  ImportStrategyJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { dialectName } from '../../dialects.ts'
import { Field } from '../../parts/field.tsx'
import { formatNumber } from '../../parts/format.ts'
import { type Recognised, recognise } from './recognise.ts'

/** The source of an import. */
export type ImportSource =
  | {
      readonly is: 'document'
      readonly document: File
      readonly dialect: string
      /** How many entries it has; undefined if that is unknown. */
      readonly entryCount: number | undefined
    }
  | { readonly is: 'title'; readonly titleId: string }

interface SourceProps {
  readonly titleId: string
  readonly dialects: readonly DialectJson[]
  readonly isDisabled: boolean
  readonly onPlan: (source: ImportSource, strategy: ImportStrategyJson) => void
}

/** Chooses a document or another title, and what happens to achievements that exist. */
export function Source({ titleId, dialects, isDisabled, onPlan }: SourceProps) {
  const [kind, setKind] = useState<ImportSource['is']>('document')
  const [document, setDocument] = useState<File>()
  const [dialect, setDialect] = useState('')
  const [other, setOther] = useState('')
  const [strategy, setStrategy] = useState<ImportStrategyJson>('IMPORT_STRATEGY_REPLACE')
  const found = useRecognised(titleId, document, dialects)
  // A document that one dialect alone can read needs no choice.
  useEffect(() => {
    if (found?.dialects.length === 1) setDialect(found.dialects[0] ?? '')
  }, [found])
  const isReady = kind === 'document' ? document !== undefined && dialect !== '' : other.trim() !== ''
  const plan = (event: SubmitEvent) => {
    event.preventDefault()
    if (kind === 'title') onPlan({ is: 'title', titleId: other.trim() }, strategy)
    else if (document !== undefined) {
      const { entryCount } = found ?? {}
      onPlan({ is: 'document', document, dialect, entryCount }, strategy)
    }
  }
  return (
    <form class="panel" onSubmit={plan}>
      <div class="panel-body source">
        <fieldset class="stack">
          <legend>Import from</legend>
          <div class="actions">
            <Radio
              name="source"
              label="A document"
              isChecked={kind === 'document'}
              onChoose={() => setKind('document')}
            />
            <Radio
              name="source"
              label="Another title"
              isChecked={kind === 'title'}
              onChoose={() => setKind('title')}
            />
          </div>
          {kind === 'document' ? (
            <>
              <DropZone document={document} onChoose={setDocument} />
              <Field label="Platform" help={recognisedText(document, found)}>
                {(attributes) => (
                  <select
                    {...attributes}
                    value={dialect}
                    onChange={({ currentTarget }) => setDialect(currentTarget.value)}
                  >
                    <option value="">Choose…</option>
                    {dialects.map(({ dialect: each = '', displayName }) => (
                      <option key={each} value={each}>
                        {displayName}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            </>
          ) : (
            <Field label="Id of the other title" help="Its own ids at platforms stay with it.">
              {(attributes) => (
                <input
                  {...attributes}
                  value={other}
                  dir="auto"
                  onInput={({ currentTarget }) => setOther(currentTarget.value)}
                />
              )}
            </Field>
          )}
        </fieldset>
        <fieldset class="stack">
          <legend>Achievements that exist</legend>
          <Radio
            name="strategy"
            label="Replace: take the definition of the source"
            isChecked={strategy === 'IMPORT_STRATEGY_REPLACE'}
            onChoose={() => setStrategy('IMPORT_STRATEGY_REPLACE')}
          />
          <Radio
            name="strategy"
            label="Leave out: keep the stored definition"
            isChecked={strategy === 'IMPORT_STRATEGY_LEAVE_OUT'}
            onChoose={() => setStrategy('IMPORT_STRATEGY_LEAVE_OUT')}
          />
          <p class="help">The plan changes nothing until you apply it.</p>
          <div>
            <button type="submit" class="primary" disabled={!isReady || isDisabled}>
              Show the plan
            </button>
          </div>
        </fieldset>
      </div>
    </form>
  )
}

interface RadioProps {
  readonly name: string
  readonly label: string
  readonly isChecked: boolean
  readonly onChoose: () => void
}

function Radio({ name, label, isChecked, onChoose }: RadioProps) {
  return (
    <label class="check">
      <input type="radio" name={name} checked={isChecked} onChange={onChoose} />
      {label}
    </label>
  )
}

function DropZone({
  document,
  onChoose,
}: {
  document: File | undefined
  onChoose: (file: File | undefined) => void
}) {
  const [isOver, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    onChoose(event.dataTransfer?.files[0])
  }
  return (
    <label
      class="drop"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <span>
        {document === undefined
          ? 'Drop a JSON document here, or choose a file'
          : `${document.name}, ${formatNumber(document.size)} bytes`}
      </span>
      <input
        type="file"
        accept=".json,application/json"
        aria-label="Document"
        onChange={({ currentTarget }) => onChoose(currentTarget.files?.[0])}
      />
    </label>
  )
}

/** Returns the dialects that can read a document; undefined while they are tried, and without a document. */
function useRecognised(titleId: string, document: File | undefined, dialects: readonly DialectJson[]) {
  const [found, setFound] = useState<Recognised>()
  useEffect(() => {
    setFound(undefined)
    if (document === undefined) return
    const controller = new AbortController()
    const ids = dialects.map(({ dialect = '' }) => dialect)
    recognise(titleId, document, ids, controller.signal).then(setFound, () => {})
    return () => controller.abort()
  }, [titleId, document, dialects])
  return found
}

function recognisedText(document: File | undefined, found: Recognised | undefined): string {
  if (document === undefined) return 'It is recognised when you choose a document.'
  if (found === undefined) return 'The document is being looked at…'
  const { dialects } = found
  if (dialects.length === 0) return 'It is not recognised: choose the platform that wrote it.'
  return dialects.length === 1
    ? 'Recognised from the document.'
    : `It reads as ${dialects.map(dialectName).join(' or ')}: choose one.`
}

import { useRef, useState } from 'preact/hooks'
import type {
  DialectJson,
  DocumentSummaryJson,
  LossJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { api } from '../../api.ts'
import { download } from '../../parts/download.ts'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { plural } from '../../parts/format.ts'
import { Progress } from '../../parts/progress.tsx'
import { Losses } from './losses.tsx'

interface Exported {
  readonly content: Blob
  readonly losses: readonly LossJson[]
  readonly summary: DocumentSummaryJson
}

/** Writes a title's definitions as a document of a platform: its losses are read before it is downloaded. */
export function Export({ titleId, dialects }: { titleId: string; dialects: readonly DialectJson[] }) {
  const [dialect, setDialect] = useState('')
  const [shape, setShape] = useState('')
  const [locale, setLocale] = useState('')
  const [exported, setExported] = useState<Exported>()
  const [error, setError] = useState<unknown>()
  const [running, setRunning] = useState<AbortController>()
  const form = useRef<HTMLFormElement>(null)
  const chosen = dialects.find((each) => each.dialect === dialect)
  const shapes = (chosen?.shapes ?? []).filter(({ carries = [] }) =>
    carries.includes('RECORD_PART_DEFINITION'),
  )
  const write = async (event: SubmitEvent) => {
    event.preventDefault()
    const controller = new AbortController()
    setRunning(controller)
    setExported(undefined)
    setError(undefined)
    try {
      setExported(await exportDocument({ titleId, dialect, shape, locale }, controller.signal))
    } catch (thrown) {
      if (!controller.signal.aborted) setError(thrown)
    } finally {
      setRunning(undefined)
    }
  }
  return (
    <div class="stack">
      <form class="panel" ref={form} onSubmit={write}>
        <div class="panel-body stack">
          <div class="columns">
            <Field label="Platform">
              {(attributes) => (
                <select
                  {...attributes}
                  required
                  value={dialect}
                  onChange={({ currentTarget }) => {
                    setDialect(currentTarget.value)
                    setShape('')
                    setExported(undefined)
                  }}
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
            <Field label="Shape" help={shapes.find(({ name }) => name === shape)?.description}>
              {(attributes) => (
                <select
                  {...attributes}
                  value={shape}
                  onChange={({ currentTarget }) => setShape(currentTarget.value)}
                >
                  <option value="">As imported, or the default</option>
                  {shapes.map(({ name }) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Language" help="For a platform with one language only.">
              {(attributes) => (
                <input
                  {...attributes}
                  placeholder="each text’s default"
                  maxLength={35}
                  value={locale}
                  onInput={({ currentTarget }) => setLocale(currentTarget.value)}
                />
              )}
            </Field>
          </div>
          <p class="help">
            An achievement without an id at the platform gets one, which is stored, so that later exports
            write the same.
          </p>
          <div>
            <button type="submit" class="primary" disabled={dialect === '' || running !== undefined}>
              Show the losses
            </button>
          </div>
        </div>
      </form>
      {running !== undefined && <Progress label="Writing the document" onCancel={() => running.abort()} />}
      {error !== undefined && <Failure error={error} />}
      {exported !== undefined && (
        <section class="panel" aria-label="Document">
          <header class="panel-header">
            <h2>
              {plural(exported.summary.entryCount ?? 0, 'entry', 'entries')},{' '}
              {plural(exported.losses.length, 'loss', 'losses')}
            </h2>
            <button
              type="button"
              class="primary"
              onClick={() => download(`${titleId}.${dialect}.json`, exported.content)}
            >
              Download
            </button>
          </header>
          <div class="panel-body stack">
            {Boolean(exported.summary.createdIdCount) && (
              <p>{plural(exported.summary.createdIdCount ?? 0, 'id')} at the platform created and stored.</p>
            )}
            {exported.losses.length === 0 ? (
              <p>The platform can represent everything.</p>
            ) : (
              <Losses losses={exported.losses} />
            )}
          </div>
        </section>
      )}
    </div>
  )
}

interface ExportOptions {
  readonly titleId: string
  readonly dialect: string
  readonly shape: string
  readonly locale: string
}

async function exportDocument(options: ExportOptions, signal: AbortSignal): Promise<Exported> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const losses: LossJson[] = []
  let summary: DocumentSummaryJson = {}
  for await (const response of api.exchange.exportAchievements(options, signal)) {
    if (response.content) pieces.push(bytesOf(response.content))
    losses.push(...(response.losses ?? []))
    summary = response.summary ?? summary
  }
  return { content: new Blob(pieces, { type: 'application/json' }), losses, summary }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

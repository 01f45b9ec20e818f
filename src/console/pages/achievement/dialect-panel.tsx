import { useEffect, useState } from 'preact/hooks'
import type {
  DialectPreviewJson,
  EntryPreviewJson,
  LossJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import type { Card } from '../../card.ts'
import { loadCard } from '../../cards.ts'
import { Chip } from '../../parts/chip.tsx'
import { plural } from '../../parts/format.ts'
import { elementOf, fieldPath, focusField } from './field-path.ts'
import { Finding } from './findings.tsx'

interface DialectPanelProps {
  readonly name: string
  readonly preview: DialectPreviewJson
  readonly locale: string
  readonly view: 'card' | 'json'
}

/** One platform: the achievement locked and unlocked, its losses, and the findings of its store. */
export function DialectPanel({ name, preview, locale, view }: DialectPanelProps) {
  const { dialect = '', definition = {}, locked = {}, unlocked = {}, findings = [] } = preview
  const losses = distinct([definition, locked, unlocked].flatMap((entry) => entry.losses ?? []))
  return (
    <section class="panel dialect" aria-label={name}>
      <header class="panel-header">
        <h2>{name}</h2>
        <span class="muted">
          {losses.length === 0 ? 'nothing is lost' : plural(losses.length, 'loss', 'losses')}
        </span>
      </header>
      <div class="panel-body stack">
        {view === 'card' ? (
          <div class="card-pair">
            <State title="Locked" dialect={dialect} definition={definition} entry={locked} locale={locale} />
            <State
              title="Unlocked"
              dialect={dialect}
              definition={definition}
              entry={unlocked}
              locale={locale}
              isUnlocked
            />
          </div>
        ) : (
          <div class="stack">
            <Json title="Definition" entry={definition} />
            <Json title="Unlocked by a player" entry={unlocked} />
          </div>
        )}
        {losses.length > 0 && (
          <ul class="losses-of-entry" aria-label="Losses">
            {[...Map.groupBy(losses, ({ detail = '' }) => detail)].map(([detail, group]) => (
              <li key={detail} class="chips">
                {group.map((loss) => (
                  <LossChip key={`${loss.kind} ${loss.path}`} loss={loss} />
                ))}
                <span class="help">{detail}</span>
              </li>
            ))}
          </ul>
        )}
        {findings.length > 0 && (
          <ul class="findings" aria-label="Findings of the store">
            {findings.map((finding) => (
              <Finding key={`${finding.rule} ${finding.path}`} finding={finding} isOfPanel />
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}

/** The same value is lost in a definition and in a player's entry that repeats it. */
function distinct(losses: readonly LossJson[]): readonly LossJson[] {
  return [...new Map(losses.map((loss) => [`${loss.kind} ${loss.path}`, loss])).values()]
}

function LossChip({ loss }: { loss: LossJson }) {
  const { kind = '', path = '', fromJson = '', toJson = '' } = loss
  const field = fieldPath(path)
  const name = kind.replace('LOSS_KIND_', '').toLowerCase()
  const values = [fromJson && `from ${fromJson}`, toJson && `to ${toJson}`].filter(Boolean).join('\n')
  return (
    <Chip
      kind={name === 'dropped' ? 'warning' : 'neutral'}
      title={values}
      onClick={elementOf(path) === undefined ? undefined : () => focusField(path)}
    >
      {name} {field}
    </Chip>
  )
}

interface StateProps {
  readonly title: string
  readonly dialect: string
  readonly definition: EntryPreviewJson
  readonly entry: EntryPreviewJson
  readonly locale: string
  readonly isUnlocked?: boolean
}

function State({ title, dialect, definition, entry, locale, isUnlocked = false }: StateProps) {
  const [card, setCard] = useState<{ component: Card }>()
  useEffect(() => {
    // Without its card, the dialect is shown as JSON.
    loadCard(dialect)?.then(
      (component) => setCard({ component }),
      () => {},
    )
  }, [dialect])
  const error = entry.error ?? definition.error
  return (
    <figure class="card-state">
      <figcaption class="label">{title}</figcaption>
      {error !== undefined && <p class="problem">{error.message}</p>}
      {error === undefined && card !== undefined && (
        <card.component
          definition={objectOf(definition)}
          entry={objectOf(entry)}
          isUnlocked={isUnlocked}
          locale={locale}
        />
      )}
    </figure>
  )
}

function objectOf({ entryJson }: EntryPreviewJson): Readonly<Record<string, unknown>> {
  return entryJson ? JSON.parse(entryJson) : {}
}

function Json({ title, entry }: { title: string; entry: EntryPreviewJson }) {
  const { entryJson, shape, error } = entry
  return (
    <div>
      <h3>
        {title} {shape && <span class="muted">{shape}</span>}
      </h3>
      {error !== undefined && <p class="problem">{error.message}</p>}
      {entryJson && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus no key scrolls it
        <pre class="json" tabIndex={0}>
          {indented(entryJson)}
        </pre>
      )}
    </div>
  )
}

/** Indents JSON text without reading its numbers, which may have 64 bits. */
function indented(json: string): string {
  let depth = 0
  const line = () => `\n${'  '.repeat(depth)}`
  return json.replace(/"(?:\\.|[^"\\])*"|[{}[\],:]/g, (token) => {
    if (token === '{' || token === '[') {
      depth += 1
      return token + line()
    }
    if (token === '}' || token === ']') {
      depth -= 1
      return line() + token
    }
    return token === ',' ? token + line() : token === ':' ? ': ' : token
  })
}

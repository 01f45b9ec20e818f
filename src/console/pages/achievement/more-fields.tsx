import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type {
  AchievementJson,
  TitleAssociationJson,
} from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { dialectName } from '../../dialects.ts'
import { Field } from '../../parts/field.tsx'
import { useEditor } from './editor-context.ts'
import { fieldId } from './field-path.ts'
import { Findings } from './findings.tsx'

/** Tags, the ids at platforms, and the fields that few achievements have. */
export function MoreFields() {
  const { draft, dialects } = useEditor()
  return (
    <>
      <section class="panel" aria-labelledby="ids-heading">
        <header class="panel-header">
          <h2 id="ids-heading">Tags and ids</h2>
        </header>
        <div class="panel-body stack">
          <ListField field="tags" path="tags" label="Tags" />
          <div class="columns" id={fieldId('ids')}>
            {dialects.map(({ dialect = '', displayName = dialect }) => (
              <IdField key={dialect} dialect={dialect} label={`Id in ${displayName}`} />
            ))}
          </div>
        </div>
      </section>
      <details class="panel">
        <summary class="panel-header">
          <h2>More</h2>
        </summary>
        <div class="panel-body stack">
          <ListField field="platforms" path="platforms" label="Platforms" />
          <div class="columns">
            <TextInput field="productId" path="product_id" label="Product id" />
            <TextInput field="deepLink" path="deep_link" label="Deep link" />
            <EstimatedTime />
          </div>
          <Associations associations={draft.titleAssociations ?? []} />
          <Extensions />
        </div>
      </details>
    </>
  )
}

interface NamedField {
  readonly path: string
  readonly label: string
}

function Framed({ path, children }: { path: string; children: ComponentChildren }) {
  return <div id={fieldId(path)}>{children}</div>
}

/** A list of texts, in one line with commas. The line stays as it is typed, while its list is the draft's. */
function ListField({ field, path, label }: NamedField & { field: 'tags' | 'platforms' }) {
  const { draft, set, problemOf } = useEditor()
  const [typed, setTyped] = useState('')
  const stored = (draft[field] ?? []).join(', ')
  const take = (text: string) => {
    setTyped(text)
    set({ [field]: [...listOf(text)] })
  }
  return (
    <Framed path={path}>
      <Field
        label={label}
        help="Separated by commas."
        problem={problemOf(path)}
        notes={<Findings field={path} />}
      >
        {(attributes) => (
          <input
            {...attributes}
            dir="auto"
            value={listOf(typed).join(', ') === stored ? typed : stored}
            onInput={({ currentTarget }) => take(currentTarget.value)}
          />
        )}
      </Field>
    </Framed>
  )
}

function listOf(text: string): readonly string[] {
  return [...new Set(text.split(',').map((each) => each.trim()))].filter(Boolean)
}

function IdField({ dialect, label }: { dialect: string; label: string }) {
  const { draft, set, problemOf } = useEditor()
  const path = `ids.${dialect}`
  const take = (value: string) => {
    const { [dialect]: _, ...others } = draft.ids ?? {}
    set({ ids: value === '' ? others : { ...others, [dialect]: value } })
  }
  return (
    <Framed path={path}>
      <Field label={label} problem={problemOf(path)} notes={<Findings field={path} />}>
        {(attributes) => (
          <input
            {...attributes}
            placeholder="created when needed"
            maxLength={128}
            value={draft.ids?.[dialect] ?? ''}
            onInput={({ currentTarget }) => take(currentTarget.value)}
          />
        )}
      </Field>
    </Framed>
  )
}

function TextInput({ field, path, label }: NamedField & { field: 'productId' | 'deepLink' }) {
  const { draft, set, problemOf } = useEditor()
  return (
    <Framed path={path}>
      <Field label={label} problem={problemOf(path)} notes={<Findings field={path} />}>
        {(attributes) => (
          <input
            {...attributes}
            maxLength={4096}
            value={draft[field] ?? ''}
            onInput={({ currentTarget: { value } }) =>
              set({ [field]: value === '' ? undefined : value } as Partial<AchievementJson>)
            }
          />
        )}
      </Field>
    </Framed>
  )
}

function EstimatedTime() {
  const { draft, set, problemOf } = useEditor()
  const take = (value: string) =>
    set({ estimatedTime: value === '' ? undefined : `${value}s` } as Partial<AchievementJson>)
  return (
    <Framed path="estimated_time">
      <Field
        label="Estimated time in seconds"
        problem={problemOf('estimated_time')}
        notes={<Findings field="estimated_time" />}
      >
        {(attributes) => (
          <input
            {...attributes}
            type="number"
            min="0"
            step="any"
            value={draft.estimatedTime?.replace(/s$/, '') ?? ''}
            onInput={({ currentTarget }) => take(currentTarget.value)}
          />
        )}
      </Field>
    </Framed>
  )
}

function Associations({ associations }: { associations: readonly TitleAssociationJson[] }) {
  const { set, problemOf } = useEditor()
  const change = (index: number, changes: TitleAssociationJson) =>
    set({
      titleAssociations: associations.map((each, at) => (at === index ? { ...each, ...changes } : each)),
    })
  return (
    <fieldset class="stack" id={fieldId('title_associations')}>
      <legend>Shown under titles of the platform</legend>
      {associations.map(({ id = '', name = '' }, index) => (
        <div class="list-row" key={index}>
          <input
            aria-label="Id of the title"
            placeholder="id"
            value={id}
            onInput={({ currentTarget }) => change(index, { id: currentTarget.value })}
          />
          <input
            aria-label="Name of the title"
            placeholder="name"
            value={name}
            onInput={({ currentTarget }) => change(index, { name: currentTarget.value })}
          />
          <button
            type="button"
            class="quiet"
            aria-label={`Remove title ${id}`}
            onClick={() => set({ titleAssociations: associations.filter((_, at) => at !== index) })}
          >
            ✕
          </button>
        </div>
      ))}
      {problemOf('title_associations') !== undefined && (
        <p class="problem">{problemOf('title_associations')}</p>
      )}
      <div>
        <button
          type="button"
          onClick={() => set({ titleAssociations: [...associations, { id: '', name: '' }] })}
        >
          Add title
        </button>
      </div>
    </fieldset>
  )
}

/** The members that only a dialect has, as they came with a document. */
function Extensions() {
  const { draft, set, problemOf } = useEditor()
  return (
    <>
      {Object.entries(draft.extensions ?? {}).map(([dialect, json]) => (
        <Framed key={dialect} path={`extensions.${dialect}`}>
          <Field label={`Members of ${dialectName(dialect)} alone (JSON)`} problem={problemOf('extensions')}>
            {(attributes) => (
              <textarea
                {...attributes}
                class="code"
                rows={4}
                value={json}
                onInput={({ currentTarget }) =>
                  set({ extensions: { ...draft.extensions, [dialect]: currentTarget.value } })
                }
              />
            )}
          </Field>
        </Framed>
      ))}
    </>
  )
}

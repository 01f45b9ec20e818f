import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import type { TitleJson } from '../../../clients/typescript/gen/laurel/v1/title_pb.js'
import { Field } from '../../parts/field.tsx'

type BindingMap = NonNullable<TitleJson['bindings']>

interface BindingsProps {
  readonly dialects: readonly DialectJson[]
  readonly bindings: BindingMap
  readonly problemOf: (field: string) => string | undefined
  readonly onChange: (bindings: BindingMap) => void
}

/** The ids of a title at each platform. A platform's documents and clients find the title by them. */
export function Bindings({ dialects, bindings, problemOf, onChange }: BindingsProps) {
  const idsOf = (dialect: string) => bindings[dialect]?.ids ?? {}
  const replace = (dialect: string, ids: Readonly<Record<string, string>>) => {
    const { [dialect]: _, ...others } = bindings
    onChange(Object.keys(ids).length === 0 ? others : { ...others, [dialect]: { ids: { ...ids } } })
  }
  return (
    <fieldset class="stack">
      <legend>Ids at platforms</legend>
      <p class="help">Documents and clients of a platform find the title by these.</p>
      {dialects.map(({ dialect = '', displayName = dialect, bindingIds = {} }) => {
        const ids = idsOf(dialect)
        const names = [...new Set([...Object.keys(bindingIds), ...Object.keys(ids)])]
        return (
          <fieldset class="columns" key={dialect}>
            <legend>{displayName}</legend>
            {names.map((name) => (
              <Field
                key={name}
                label={name}
                help={bindingIds[name]}
                problem={problemOf(`bindings.${dialect}.ids.${name}`)}
              >
                {(attributes) => (
                  <input
                    {...attributes}
                    value={ids[name] ?? ''}
                    maxLength={128}
                    onInput={({ currentTarget: { value } }) => {
                      const { [name]: _, ...others } = ids
                      replace(dialect, value === '' ? others : { ...others, [name]: value })
                    }}
                  />
                )}
              </Field>
            ))}
          </fieldset>
        )
      })}
    </fieldset>
  )
}

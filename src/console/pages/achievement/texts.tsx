import { useMemo, useState } from 'preact/hooks'
import type { LocalizedTextJson } from '../../../clients/typescript/gen/laurel/v1/localized_text_pb.js'
import { Chip } from '../../parts/chip.tsx'
import { localesOf, textIn } from '../../records/achievement.ts'
import { useEditor } from './editor-context.ts'
import { fieldId } from './field-path.ts'
import { Findings } from './findings.tsx'

type TextField = 'name' | 'description' | 'lockedDescription'

const FIELDS: readonly (readonly [field: TextField, path: string, label: string])[] = [
  ['name', 'name', 'Name'],
  ['description', 'description', 'Description'],
  ['lockedDescription', 'locked_description', 'Description while locked'],
]

/** The texts of an achievement: a row for each language, also those of the title alone, and those with missing texts first. */
export function Texts({ titleLocales }: { titleLocales: readonly string[] }) {
  const { draft, defaultLocale } = useEditor()
  const [added, setAdded] = useState<readonly string[]>([])
  const base = draft.name?.locale || defaultLocale
  // In the order of the opened record: a row that is being filled stays in its place.
  const ordered = useMemo(() => {
    const own = FIELDS.flatMap(([field]) => localesOf(draft[field]))
    const all = [...new Set([base, ...own, ...titleLocales])]
    const lacks = (locale: string) => isMissing(draft.name, locale) || isMissing(draft.description, locale)
    return [...all.filter(lacks), ...all.filter((locale) => !lacks(locale))]
  }, [titleLocales, base, draft.etag])
  const rows = [...ordered, ...added.filter((locale) => !ordered.includes(locale))]
  return (
    <section class="panel" aria-labelledby="texts-heading">
      <header class="panel-header">
        <h2 id="texts-heading">Texts</h2>
        <AddLocale onAdd={(locale) => setAdded([...added, locale])} />
      </header>
      <div class="texts">
        {rows.map((locale) => (
          <Row key={locale} locale={locale} isBase={locale === base} />
        ))}
      </div>
      <div class="panel-body">
        {FIELDS.map(([field, path]) => (
          <div key={field} id={fieldId(path)}>
            <Findings field={path} />
          </div>
        ))}
      </div>
    </section>
  )
}

const LANGUAGES = new Intl.DisplayNames(undefined, { type: 'language', fallback: 'none' })

/** Returns the name of a language for the reader; empty for a tag that the browser does not know. */
function languageName(locale: string): string {
  try {
    return LANGUAGES.of(locale) ?? ''
  } catch {
    // It is no tag of a language, which the server says too.
    return ''
  }
}

function isMissing(text: LocalizedTextJson | undefined, locale: string): boolean {
  return localesOf(text).length > 0 && !textIn(text, locale)
}

function Row({ locale, isBase }: { locale: string; isBase: boolean }) {
  const { draft, set, problemOf } = useEditor()
  return (
    <fieldset class="texts-row">
      <legend class="texts-locale">
        <code>{locale}</code> <span class="muted">{languageName(locale)}</span>
        {isBase && <Chip>default</Chip>}
        {(isMissing(draft.name, locale) || isMissing(draft.description, locale)) && (
          <Chip kind="warning">missing</Chip>
        )}
      </legend>
      {FIELDS.map(([field, path, label]) => {
        const text = draft[field]
        const problem = problemOf(isBase ? `${path}.text` : `${path}.translations.${locale}`)
        const value = isBase ? (text?.text ?? '') : (textIn(text, locale) ?? '')
        return (
          <label class="texts-cell" key={field}>
            <span>{label}</span>
            <textarea
              id={fieldId(isBase ? `${path}.text` : `${path}.translations.${locale}`)}
              rows={field === 'name' ? 1 : 2}
              dir="auto"
              lang={locale}
              maxLength={4096}
              value={value}
              aria-invalid={problem === undefined ? undefined : true}
              onInput={({ currentTarget }) =>
                set({ [field]: withText(text, locale, isBase, currentTarget.value, draft.name?.locale) })
              }
            />
            {problem !== undefined && <span class="problem">{problem}</span>}
          </label>
        )
      })}
    </fieldset>
  )
}

/** Returns a text with another value in one language; an empty one is removed. */
function withText(
  text: LocalizedTextJson | undefined,
  locale: string,
  isBase: boolean,
  value: string,
  baseLocale = '',
): LocalizedTextJson {
  if (isBase || text?.locale === locale) return { ...text, locale: text?.locale ?? baseLocale, text: value }
  const { [locale]: _, ...others } = text?.translations ?? {}
  const translations = value === '' ? others : { ...others, [locale]: value }
  return { ...text, locale: text?.locale ?? baseLocale, translations }
}

function AddLocale({ onAdd }: { onAdd: (locale: string) => void }) {
  const [locale, setLocale] = useState('')
  const add = () => {
    onAdd(locale.trim())
    setLocale('')
  }
  return (
    <span class="actions">
      <input
        aria-label="Language to add"
        placeholder="de, pt-BR…"
        size={10}
        maxLength={35}
        value={locale}
        onInput={({ currentTarget }) => setLocale(currentTarget.value)}
      />
      <button type="button" disabled={locale.trim() === ''} onClick={add}>
        Add language
      </button>
    </span>
  )
}

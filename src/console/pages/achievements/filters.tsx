import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import {
  LIFECYCLES,
  type LifecycleName,
  lifecycleOf,
  localesOf,
  missingLocales,
  textIn,
} from '../../records/achievement.ts'
import { setQuery } from '../../router.ts'

/** The filters of the list, as they stand in the page's query. An empty one filters nothing. */
export interface Filters {
  readonly text: string
  readonly tag: string
  readonly lifecycle: string
  /** `hidden`, `visible`, or `incomplete` where a language is missing. */
  readonly show: string
}

export function filtersOf(query: URLSearchParams): Filters {
  const value = (name: string) => query.get(name) ?? ''
  return { text: value('q'), tag: value('tag'), lifecycle: value('lifecycle'), show: value('show') }
}

export function isFiltered({ text, tag, lifecycle, show }: Filters): boolean {
  return [text, tag, lifecycle, show].some((value) => value !== '')
}

/** Returns the achievements that every filter passes. */
export function filtered(
  list: readonly AchievementJson[],
  { text, tag, lifecycle, show }: Filters,
  locales: readonly string[],
): readonly AchievementJson[] {
  const searchedText = text.toLocaleLowerCase()
  return list.filter(
    (each) =>
      (searchedText === '' || searched(each).includes(searchedText)) &&
      (tag === '' || each.tags?.includes(tag)) &&
      (lifecycle === '' || lifecycleOf(each) === lifecycle) &&
      (show === '' ||
        (show === 'incomplete'
          ? missingLocales(each, locales).length > 0
          : Boolean(each.hidden) === (show === 'hidden'))),
  )
}

/** The code and the name in all languages. */
function searched({ achievementId = '', name }: AchievementJson): string {
  const names = localesOf(name).map((locale) => textIn(name, locale))
  return [achievementId, name?.text, ...names].join('\n').toLocaleLowerCase()
}

interface FilterBarProps {
  readonly filters: Filters
  readonly tags: readonly string[]
  readonly locales: readonly string[]
  /** The language of the names. */
  readonly locale: string
}

export function FilterBar({ filters, tags, locales, locale }: FilterBarProps) {
  return (
    <search class="actions">
      <input
        type="search"
        aria-label="Search achievements"
        placeholder="Code or name"
        value={filters.text}
        onInput={({ currentTarget }) => setQuery({ q: currentTarget.value })}
      />
      <Choice name="lifecycle" label="Lifecycle" value={filters.lifecycle} any="Every lifecycle">
        {(Object.keys(LIFECYCLES) as LifecycleName[]).map((each) => [each, LIFECYCLES[each]])}
      </Choice>
      <Choice name="tag" label="Tag" value={filters.tag} any="Every tag">
        {tags.map((tag) => [tag, tag])}
      </Choice>
      <Choice name="show" label="Show" value={filters.show} any="Hidden and visible">
        {[
          ['hidden', 'Hidden'],
          ['visible', 'Visible'],
          ['incomplete', 'A language is missing'],
        ]}
      </Choice>
      <Choice name="locale" label="Language of the names" value={locale} any="Default language">
        {locales.map((each) => [each, each])}
      </Choice>
    </search>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly label: string
  readonly value: string
  /** The option that filters nothing. */
  readonly any: string
  readonly children: readonly (readonly [value: string, text: string])[]
}

function Choice({ name, label, value, any, children }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
    >
      <option value="">{any}</option>
      {children.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  )
}

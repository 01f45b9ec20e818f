import type { ComponentChildren } from 'preact'
import type { PlayerAchievementJson } from '../../../clients/typescript/gen/laurel/v1/progress_pb.js'
import { nameOf } from '../../records/achievement.ts'
import { PROGRESS_STATES, progressStateOf } from '../../records/progress.ts'
import { setQuery } from '../../router.ts'

export interface Filters {
  readonly text: string
  /** A name of a state; empty for all. */
  readonly state: string
  /** Only achievements with a delivery that has not arrived and needs a person. */
  readonly isUndelivered: boolean
}

export function filtersOf(query: URLSearchParams): Filters {
  return {
    text: query.get('q') ?? '',
    state: query.get('state') ?? '',
    isUndelivered: query.get('undelivered') === 'true',
  }
}

/** Returns whether the achievement has the text in its code or name, and the state. */
export function passes(
  { achievement = {}, progress }: PlayerAchievementJson,
  { text, state }: Filters,
): boolean {
  if (state !== '' && progressStateOf(progress) !== state) return false
  const sought = text.trim().toLowerCase()
  if (sought === '') return true
  return [achievement.achievementId ?? '', nameOf(achievement)].some((each) =>
    each.toLowerCase().includes(sought),
  )
}

interface FilterBarProps {
  readonly filters: Filters
  readonly hasDestinations: boolean
  readonly children: ComponentChildren
}

export function FilterBar({ filters, hasDestinations, children }: FilterBarProps) {
  return (
    <div class="actions">
      <input
        type="search"
        aria-label="Search achievements"
        placeholder="Code or name"
        dir="auto"
        value={filters.text}
        onInput={({ currentTarget }) => setQuery({ q: currentTarget.value })}
      />
      <select
        aria-label="State"
        value={filters.state}
        onChange={({ currentTarget }) => setQuery({ state: currentTarget.value })}
      >
        <option value="">Every state</option>
        {Object.entries(PROGRESS_STATES).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      {hasDestinations && (
        <label class="check">
          <input
            type="checkbox"
            checked={filters.isUndelivered}
            onChange={({ currentTarget }) =>
              setQuery({ undelivered: currentTarget.checked ? 'true' : undefined })
            }
          />
          Not delivered
        </label>
      )}
      {children}
    </div>
  )
}

import type { Adapter, IdForm } from '../dialect/adapter.ts'
import type { Achievement } from '../model/achievement.ts'
import { invalidArgument, type Violation } from '../model/errors.ts'
import type { Title } from '../model/title.ts'
import type { Services } from './services.ts'

type Dialects = Pick<Services, 'dialects'>

/** Longer ids are shortened in error texts. */
const MAX_SHOWN = 60

/**
 * Checks the ids of a title that its current bindings do not have: earlier releases accepted any text, and stored ids stay
 * readable. Ids of a dialect that this server does not know are not checked.
 * @throws LaurelError INVALID_FIELD for an id that its dialect cannot express.
 */
export function checkBindings({ dialects }: Dialects, current: Title['bindings'], next: Title['bindings']) {
  const violations = Object.entries(next).flatMap(([dialect, binding]) =>
    Object.entries(binding).flatMap(([name, id]): readonly Violation[] => {
      const adapter = dialects.get(dialect)
      if (adapter === undefined || current[dialect]?.[name] === id) return []
      const ids = `title.bindings[${JSON.stringify(dialect)}].ids`
      const field = `${ids}[${JSON.stringify(name)}]`
      const { binding: forms } = adapter.ids
      const form = Object.hasOwn(forms, name) ? forms[name] : undefined
      if (form !== undefined) return violationsOf(adapter, form, id, field)
      return [{ field, message: `must be one of the ids of ${dialect}: ${Object.keys(forms).join(', ')}` }]
    }),
  )
  if (violations.length > 0) throw invalidArgument(violations)
}

/**
 * Checks the ids of an achievement that are not stored with it, as `checkBindings` does those of a title.
 * @throws LaurelError INVALID_FIELD for an id that its dialect cannot express.
 */
export function checkAchievementIds(
  { dialects }: Dialects,
  current: Achievement['ids'] | undefined,
  next: Achievement['ids'],
) {
  const violations = Object.entries(next).flatMap(([dialect, id]): readonly Violation[] => {
    const adapter = dialects.get(dialect)
    if (adapter === undefined || current?.[dialect] === id) return []
    return violationsOf(adapter, adapter.ids.achievement, id, `achievement.ids[${JSON.stringify(dialect)}]`)
  })
  if (violations.length > 0) throw invalidArgument(violations)
}

/** @throws LaurelError INVALID_FIELD for a key that names no achievement in the dialect, so that it would never match. */
export function checkMapping(adapter: Adapter, mapping: Readonly<Record<string, string>>) {
  if (adapter.hasCodes) return
  const violations = Object.keys(mapping).flatMap((id) =>
    violationsOf(adapter, adapter.ids.achievement, id, `mapping[${JSON.stringify(id)}]`),
  )
  if (violations.length > 0) throw invalidArgument(violations)
}

function violationsOf(
  { displayName }: Adapter,
  { accepts, form }: IdForm,
  id: string,
  field: string,
): readonly Violation[] {
  if (accepts(id)) return []
  const shown = JSON.stringify(id.slice(0, MAX_SHOWN))
  return [
    {
      field,
      message: `must be ${form}, but is ${shown}: set the id that ${displayName} shows, or leave it out`,
    },
  ]
}

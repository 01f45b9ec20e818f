import type { Adapter } from '../../dialect/adapter.ts'
import type { Bridge } from '../../dialect/bridge.ts'
import type { LintRule } from '../../dialect/lint.ts'
import { LaurelError } from '../../model/errors.ts'

/** An adapter with the optional parts of its dialect. */
export interface Dialect extends Adapter {
  /** Present if events can be delivered to the platform. */
  readonly bridge?: Bridge
  /** Present if records can be pulled from the platform. */
  readonly source?: object
  /** The rules of the platform's store; absent if Laurel knows none. */
  readonly lint?: readonly LintRule[]
}

interface Dialects {
  readonly dialects: ReadonlyMap<string, Dialect>
}

/** @throws LaurelError DIALECT_NOT_FOUND with the list of dialects. */
export function dialectOf({ dialects }: Dialects, dialect: string): Dialect {
  const adapter = dialects.get(dialect)
  if (adapter !== undefined) return adapter
  const known = [...dialects.keys()].join(', ')
  const message = `dialect ${dialect} does not exist: Laurel speaks ${known}`
  throw new LaurelError('not_found', 'DIALECT_NOT_FOUND', message, { metadata: { dialect, known } })
}

/** Returns the named dialects, or all if none is named, in order of id. @throws LaurelError DIALECT_NOT_FOUND. */
export function dialectsNamed({ dialects }: Dialects, names: readonly string[]): readonly Dialect[] {
  const named =
    names.length === 0 ? dialects.values() : new Set(names.map((name) => dialectOf({ dialects }, name)))
  return [...named].sort((left, right) => (left.id < right.id ? -1 : 1))
}

export interface DialectDescription extends Pick<Adapter, 'id' | 'displayName' | 'shapes' | 'capabilities'> {
  /** The ids of a title, by name: their form, for people. */
  readonly bindingIds: Readonly<Record<string, string>>
  /** Whether events can be delivered to the platform. */
  readonly bridge: boolean
  /** Whether records can be pulled from the platform. */
  readonly source: boolean
  /** Whether definitions can be checked against the rules of the platform's store. */
  readonly lint: boolean
}

/** Returns the dialects of this server in order of id. */
export function listDialects(services: Dialects): readonly DialectDescription[] {
  return dialectsNamed(services, []).map(
    ({ id, displayName, shapes, capabilities, ids, bridge, source, lint }) => {
      const has = { bridge: bridge !== undefined, source: source !== undefined, lint: lint !== undefined }
      const forms = Object.entries(ids.binding).map(([name, { form }]) => [name, form])
      return { id, displayName, shapes, capabilities, bindingIds: Object.fromEntries(forms), ...has }
    },
  )
}

import type { JsonValue } from '../model/json.ts'

/** Members and indexes from the top of a document or record. */
export type Path = readonly (string | number)[]

/**
 * One value that a translation could not carry.
 * `dropped`: the other side has no place for it. `coerced`: the nearest value was taken.
 * `defaulted`: the other side requires a value and there was none. `merged`: two facts became one.
 */
export interface Loss {
  readonly kind: 'dropped' | 'coerced' | 'defaulted' | 'merged'
  /** JSON path into the input: `$.achievements[3].rewards[0]`. */
  readonly path: string
  /** The value in the input; undefined if there was none. */
  readonly from: JsonValue | undefined
  /** The value in the output; undefined if there is none. */
  readonly to: JsonValue | undefined
  /** Why, for a person. */
  readonly detail: string
  /** The achievement of the entry that it is in; undefined if the value is of no entry. */
  readonly achievementId?: string | undefined
}

/** `report`: losses come back beside the result. `reject`: the first one stops the translation. */
export type LossPolicy = 'report' | 'reject'

/** Collects the losses of one translation; passed down to every function that can lose a value. */
export class LossReport {
  readonly losses: Loss[] = []
  readonly #base: Path

  constructor(base: Path = []) {
    this.#base = base
  }

  dropped(path: Path, from: JsonValue | undefined, detail: string): void {
    this.#add('dropped', path, from, undefined, detail)
  }

  coerced(path: Path, from: JsonValue | undefined, to: JsonValue | undefined, detail: string): void {
    this.#add('coerced', path, from, to, detail)
  }

  defaulted(path: Path, to: JsonValue, detail: string): void {
    this.#add('defaulted', path, undefined, to, detail)
  }

  merged(path: Path, from: JsonValue, to: JsonValue | undefined, detail: string): void {
    this.#add('merged', path, from, to, detail)
  }

  #add(
    kind: Loss['kind'],
    path: Path,
    from: JsonValue | undefined,
    to: JsonValue | undefined,
    detail: string,
  ) {
    this.losses.push({ kind, path: formatPath([...this.#base, ...path]), from, to, detail })
  }
}

/** `['achievements', 3, 'icon url']` as `$.achievements[3]["icon url"]`. */
export function formatPath(path: Path): string {
  let text = '$'
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  }
  return text
}

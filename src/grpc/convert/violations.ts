import { invalidArgument, MAX_VIOLATIONS, type Violation } from '../../model/errors.ts'

/** Collects what is wrong with a request, so that a caller learns it at once. Beyond the first ones, it only counts. */
export class Violations {
  readonly #found: Violation[] = []
  #omitted = 0

  /** `field` is the path as on the wire: `achievement.requirements[1].target`. */
  add(field: string, message: string): void {
    if (this.#found.length < MAX_VIOLATIONS) this.#found.push({ field, message })
    else this.#omitted += 1
  }

  /** The first of them. */
  get found(): readonly Violation[] {
    return this.#found
  }

  /** @throws LaurelError INVALID_ARGUMENT where something was added. */
  check(): void {
    if (this.#found.length > 0) throw invalidArgument(this.#found, this.#omitted)
  }
}

/**
 * Reads a request. A reader that meets something wrong adds a violation and returns any value of its type: the
 * result is only used where there was none.
 * @throws LaurelError INVALID_ARGUMENT with all violations.
 */
export function parse<Result>(read: (violations: Violations) => Result): Result {
  const violations = new Violations()
  const result = read(violations)
  violations.check()
  return result
}

/**
 * The record that a request is about.
 * @throws LaurelError INVALID_ARGUMENT at once where there is none: nothing else can be said of the request then.
 */
export function required<Message>(message: Message | undefined, field: string): Message {
  if (message === undefined) throw invalidArgument([{ field, message: 'must be set' }])
  return message
}

import { invalidArgument, type Violation } from '../../model/errors.ts'

/** Collects all that is wrong with a request, so that a caller learns it at once and not one by one. */
export class Violations {
  readonly #found: Violation[] = []

  /** `field` is the path as on the wire: `achievement.requirements[1].target`. */
  add(field: string, message: string): void {
    this.#found.push({ field, message })
  }

  get found(): readonly Violation[] {
    return this.#found
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
  if (violations.found.length > 0) throw invalidArgument(violations.found)
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

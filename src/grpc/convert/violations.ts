import { invalidArgument, MAX_VIOLATIONS, type Violation } from '../../model/errors.ts'

/** Collects all violations of a request for one error. Beyond MAX_VIOLATIONS, violations are only counted. */
export class Violations {
  readonly #found: Violation[] = []
  #omitted = 0
  /** Whether readers return items beyond the limits of lists and maps too. */
  readonly keepsAll: boolean

  constructor(keepsAll = false) {
    this.keepsAll = keepsAll
  }

  /** @param field the path on the wire: `achievement.requirements[1].target`. */
  add(field: string, message: string): void {
    if (this.#found.length < MAX_VIOLATIONS) this.#found.push({ field, message })
    else this.#omitted += 1
  }

  get found(): readonly Violation[] {
    return this.#found
  }

  /** @throws LaurelError INVALID_ARGUMENT if there is a violation. */
  check(): void {
    if (this.#found.length > 0) throw invalidArgument(this.#found, this.#omitted)
  }
}

/**
 * Reads a request. A reader that finds a problem adds a violation and returns any value of its type: the result is
 * only used if there are no violations.
 * @throws LaurelError INVALID_ARGUMENT with all violations.
 */
export function parse<Result>(read: (violations: Violations) => Result): Result {
  const violations = new Violations()
  const result = read(violations)
  violations.check()
  return result
}

/**
 * Returns the request's record.
 * @throws LaurelError INVALID_ARGUMENT at once if it is absent: without it there is nothing else to check.
 */
export function required<Message>(message: Message | undefined, field: string): Message {
  if (message === undefined) throw invalidArgument([{ field, message: 'must be set' }])
  return message
}

import { type Destination, WEBHOOK } from '../../model/destination.ts'
import { invalidArgument, LaurelError, type Violation } from '../../model/errors.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { Services } from '../services.ts'

/** @throws LaurelError INVALID_FIELD with all problems that show without calling the destination */
export function checkDestination(
  services: Services,
  destination: Pick<Destination, 'dialect' | 'url' | 'credential'>,
): void {
  const violations = [
    ...checkDialect(services, destination.dialect),
    ...checkCredential(destination),
    ...services.destinationTester.check(destination),
  ]
  if (violations.length === 0) return
  throw invalidArgument(violations.map(({ field, message }) => ({ field: `destination.${field}`, message })))
}

/**
 * Returns the title's ids on the destination's platform; undefined for a webhook, which receives Laurel's own ids.
 * @throws LaurelError TITLE_UNBOUND
 */
export function bindingFor(title: Title, dialect: string): Binding | undefined {
  if (dialect === WEBHOOK) return undefined
  const binding = Object.hasOwn(title.bindings, dialect) ? title.bindings[dialect] : undefined
  if (binding !== undefined) return binding
  const message = `title ${title.id} has no binding in ${dialect}: give it one with UpdateTitle`
  throw new LaurelError('failed_precondition', 'TITLE_UNBOUND', message, {
    metadata: { titleId: title.id, dialect },
  })
}

function checkDialect({ dialects }: Services, dialect: string): readonly Violation[] {
  const known = [...dialects.values()].filter(({ bridge }) => bridge !== undefined).map(({ id }) => id)
  const possible = [...known.sort(), WEBHOOK]
  return possible.includes(dialect)
    ? []
    : [{ field: 'dialect', message: `must be one of ${possible.join(', ')}` }]
}

function checkCredential({ dialect, credential }: Pick<Destination, 'dialect' | 'credential'>) {
  const isMissing = dialect === WEBHOOK && credential === ''
  return isMissing ? [{ field: 'credential', message: 'must be set: a webhook is signed' }] : []
}

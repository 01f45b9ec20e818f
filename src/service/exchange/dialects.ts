import type { Adapter } from '../../dialect/adapter.ts'
import type { Bridge } from '../../dialect/bridge.ts'
import { LaurelError } from '../../model/errors.ts'

/** What Laurel speaks, and what else its dialect has. */
export interface Dialect extends Adapter {
  /** Present where events can be delivered to its platform. */
  readonly bridge?: Bridge
  /** Present where its platform can be read. */
  readonly source?: object
}

/** @throws LaurelError NOT_FOUND naming the dialects that there are. */
export function dialectOf(
  services: { readonly dialects: ReadonlyMap<string, Dialect> },
  dialect: string,
): Dialect {
  const adapter = services.dialects.get(dialect)
  if (adapter !== undefined) return adapter
  const known = [...services.dialects.keys()].join(', ')
  const message = `dialect ${dialect} does not exist: Laurel speaks ${known}`
  throw new LaurelError('not_found', 'DIALECT_NOT_FOUND', message, { metadata: { dialect, known } })
}

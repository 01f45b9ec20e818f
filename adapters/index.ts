import type { Adapter } from '../src/dialect/adapter.ts'
import type { Bridge } from '../src/dialect/bridge.ts'
import type { LintRule } from '../src/dialect/lint.ts'
import type { Source } from '../src/dialect/source.ts'
import type { Gateway } from '../src/http/gateway.ts'
import { accelbyte } from './accelbyte/index.ts'
import { discord } from './discord/index.ts'
import { xbox } from './xbox/index.ts'

/**
 * A dialect's translations, the gateways that serve its HTTP API, the bridge that tells it of events, the source that
 * reads it, and the rules of its store, where it has them.
 */
type Dialect = Adapter & {
  readonly gateway?: Gateway | readonly Gateway[]
  readonly bridge?: Bridge
  readonly source?: Source
  readonly lint?: readonly LintRule[]
}

/** Every dialect that Laurel speaks, in alphabetical order. */
export const adapters: readonly Dialect[] = [accelbyte, discord, xbox]

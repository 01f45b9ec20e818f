import type { Adapter } from '../src/dialect/adapter.ts'
import type { Gateway } from '../src/http/gateway.ts'
import { accelbyte } from './accelbyte/index.ts'
import { discord } from './discord/index.ts'
import { xbox } from './xbox/index.ts'

/** A dialect's translations, and the gateways that serve its HTTP API where it has one. */
type Dialect = Adapter & { readonly gateway?: Gateway | readonly Gateway[] }

/** Every dialect that Laurel speaks, in alphabetical order. */
export const adapters: readonly Dialect[] = [accelbyte, discord, xbox]

import type { Adapter } from '../src/dialect/adapter.ts'
import { accelbyte } from './accelbyte/index.ts'
import { discord } from './discord/index.ts'
import { xbox } from './xbox/index.ts'

/** Every dialect that Laurel speaks, in alphabetical order. */
export const adapters: readonly Adapter[] = [accelbyte, discord, xbox]

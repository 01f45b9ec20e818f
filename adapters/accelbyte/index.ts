import type { Adapter } from '../../src/dialect/adapter.ts'
import type { Bridge } from '../../src/dialect/bridge.ts'
import type { LintRule } from '../../src/dialect/lint.ts'
import type { Source } from '../../src/dialect/source.ts'
import type { Gateway } from '../../src/http/gateway.ts'
import { bridge } from './bridge.ts'
import { decode, shapeOf } from './decode.ts'
import { encode } from './encode.ts'
import { envelope } from './envelope.ts'
import { gateway } from './gateway.ts'
import { ids } from './ids.ts'
import { lint } from './lint.ts'
import { source } from './source.ts'

export const accelbyte: Adapter & {
  readonly gateway: Gateway
  readonly bridge: Bridge
  readonly source: Source
  readonly lint: readonly LintRule[]
} = {
  id: 'accelbyte',
  displayName: 'AccelByte Gaming Services',
  shapes: [
    {
      name: 'export',
      description: 'the configuration file of the admin portal: PascalCase, with ids, a bare array',
      carries: ['definition'],
    },
    {
      name: 'rest',
      description: 'the admin API: camelCase, without ids, listed under data',
      carries: ['definition'],
    },
    { name: 'user', description: "a player's rows: camelCase, listed under data", carries: ['progress'] },
  ],
  capabilities: {
    code: 'full',
    list_order: 'full',
    lifecycle: 'none',
    translations: 'lossy',
    locked_description: 'none',
    hidden: 'full',
    server_only: 'none',
    time_window: 'none',
    participation: 'lossy',
    requirements: 'lossy',
    stat_codes: 'lossy',
    rewards: 'none',
    media: 'lossy',
    tags: 'lossy',
    platforms: 'none',
    product_id: 'none',
    deep_link: 'none',
    estimated_time: 'none',
    title_associations: 'none',
    definition_times: 'lossy',
    progress_values: 'lossy',
    progress_percent: 'lossy',
    unlock_time: 'lossy',
    revoked: 'none',
  },
  usualShapes: { definition: 'export', progress: 'user' },
  hasCodes: true,
  envelope,
  ids,
  shapeOf,
  decode,
  encode,
  gateway,
  bridge,
  source,
  lint,
}

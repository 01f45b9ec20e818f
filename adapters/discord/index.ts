import type { Adapter } from '../../src/dialect/adapter.ts'
import type { Bridge } from '../../src/dialect/bridge.ts'
import type { LintRule } from '../../src/dialect/lint.ts'
import type { Source } from '../../src/dialect/source.ts'
import type { Gateway } from '../../src/http/gateway.ts'
import { bridge } from './bridge.ts'
import { decode, shapeNameOf } from './decode.ts'
import { encode } from './encode.ts'
import { gateway } from './gateway.ts'
import { lint } from './lint.ts'
import { deriveApplicationId, mintSnowflake, SNOWFLAKE } from './snowflake.ts'
import { source } from './source.ts'

/** Achievements of Discord's HTTP API, which ended on 2023-05-02. */
export const discord: Adapter & {
  readonly gateway: readonly Gateway[]
  readonly bridge: Bridge
  readonly source: Source
  readonly lint: readonly LintRule[]
} = {
  id: 'discord',
  displayName: 'Discord',
  shapes: [
    {
      name: 'v6',
      description: 'API versions 6 to 9: texts are objects of default and localizations',
      carries: ['definition', 'progress'],
    },
    {
      name: 'v10',
      description: 'API version 10: texts are strings, their languages in members of their own',
      carries: ['definition', 'progress'],
    },
    { name: 'progress', description: 'one user on one achievement, in percent', carries: ['progress'] },
  ],
  capabilities: {
    code: 'none',
    list_order: 'none',
    lifecycle: 'none',
    translations: 'lossy',
    locked_description: 'none',
    hidden: 'full',
    server_only: 'full',
    time_window: 'none',
    participation: 'none',
    requirements: 'none',
    stat_codes: 'none',
    rewards: 'none',
    media: 'lossy',
    tags: 'none',
    platforms: 'none',
    product_id: 'none',
    deep_link: 'none',
    estimated_time: 'none',
    title_associations: 'none',
    definition_times: 'none',
    progress_values: 'none',
    progress_percent: 'full',
    unlock_time: 'lossy',
    revoked: 'none',
  },
  usualShapes: { definition: 'v6', progress: 'progress' },
  hasCodes: false,
  envelope: {
    lists: [],
    context: [],
    listMember: () => undefined,
    trailer: () => ({}),
    readEnvelope: () => {},
  },
  ids: {
    mint: mintSnowflake,
    deriveBinding: (_titleId, entropy) => ({ application_id: deriveApplicationId(entropy) }),
    members: ['achievement_id', 'id'],
    account: SNOWFLAKE,
    achievement: SNOWFLAKE,
    binding: { application_id: SNOWFLAKE },
  },
  shapeOf: shapeNameOf,
  decode: (entry, _losses, context) => decode(entry, context),
  encode,
  gateway,
  bridge,
  source,
  lint,
}

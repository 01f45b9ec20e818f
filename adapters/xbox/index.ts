import type { Adapter, Capabilities, Shape } from '../../src/dialect/adapter.ts'
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

const shapes: readonly Shape[] = [
  {
    name: 'achievement',
    description: 'an achievement with its player’s progress, contracts 2 and 4',
    carries: ['definition', 'progress'],
  },
  {
    name: 'legacy',
    description: 'an achievement of an Xbox 360 title, contracts 1 and 3',
    carries: ['definition', 'progress'],
  },
  { name: 'title', description: 'a title in a player’s history', carries: ['summary'] },
  {
    name: 'update',
    description: 'a title-managed update request with one achievement',
    carries: ['progress'],
  },
]

/** Of the default shape; the README says why where it is not `full`. */
const capabilities: Capabilities = {
  code: 'none',
  list_order: 'none',
  lifecycle: 'none',
  translations: 'none',
  locked_description: 'lossy',
  hidden: 'full',
  server_only: 'none',
  time_window: 'full',
  participation: 'lossy',
  requirements: 'full',
  stat_codes: 'none',
  rewards: 'lossy',
  media: 'lossy',
  tags: 'none',
  platforms: 'full',
  product_id: 'lossy',
  deep_link: 'full',
  estimated_time: 'full',
  title_associations: 'full',
  definition_times: 'none',
  progress_values: 'full',
  progress_percent: 'lossy',
  unlock_time: 'lossy',
  revoked: 'full',
}

/** Xbox Live achievements, version 2. */
export const xbox: Adapter & {
  readonly gateway: Gateway
  readonly bridge: Bridge
  readonly source: Source
  readonly lint: readonly LintRule[]
} = {
  id: 'xbox',
  displayName: 'Xbox Live Achievement v2',
  shapes,
  capabilities,
  usualShapes: { definition: 'achievement', progress: 'achievement', summary: 'title' },
  hasCodes: false,
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

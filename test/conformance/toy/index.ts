import type { Adapter, IdForm } from '../../../src/dialect/adapter.ts'
import type { Bridge } from '../../../src/dialect/bridge.ts'
import type { LintRule } from '../../../src/dialect/lint.ts'
import type { Source } from '../../../src/dialect/source.ts'
import type { Gateway } from '../../../src/http/gateway.ts'
import { bridge } from './bridge.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'
import { gateway } from './gateway.ts'
import { lint } from './lint.ts'
import { source } from './source.ts'

const ANY_TEXT: IdForm = { accepts: (text) => text !== '', form: 'any text but the empty one' }

/** A dialect that no file outside this folder knows. The suites that it passes, every new dialect can pass. */
export const toy: Adapter & {
  readonly gateway: Gateway
  readonly bridge: Bridge
  readonly source: Source
  readonly lint: readonly LintRule[]
} = {
  id: 'toy',
  displayName: 'Toy',
  shapes: [{ name: 'toy', description: 'the only one', carries: ['definition', 'progress'] }],
  capabilities: {
    code: 'full',
    list_order: 'none',
    lifecycle: 'none',
    translations: 'none',
    locked_description: 'none',
    hidden: 'full',
    server_only: 'none',
    time_window: 'none',
    participation: 'none',
    requirements: 'none',
    stat_codes: 'none',
    rewards: 'none',
    media: 'none',
    tags: 'none',
    platforms: 'none',
    product_id: 'none',
    deep_link: 'none',
    estimated_time: 'none',
    title_associations: 'none',
    definition_times: 'none',
    progress_values: 'none',
    progress_percent: 'lossy',
    unlock_time: 'none',
    revoked: 'none',
  },
  usualShapes: { definition: 'toy', progress: 'toy' },
  hasCodes: true,
  envelope: {
    lists: ['toys'],
    context: [],
    listMember: () => 'toys',
    trailer: (_shape, count) => ({ count }),
    readEnvelope: () => {},
  },
  ids: {
    mint({ taken, entropy }) {
      let number = entropy
      while (taken.has(`toy-${number}`)) number++
      return `toy-${number}`
    },
    deriveBinding: (titleId) => ({ game: titleId }),
    members: ['slug'],
    account: ANY_TEXT,
    achievement: ANY_TEXT,
    binding: { game: ANY_TEXT },
  },
  decode: (entry, _losses, context) => decode(entry, context),
  encode,
  gateway,
  bridge,
  source,
  lint,
}

import type { Adapter } from '../../src/dialect/adapter.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import { type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import { decode } from './decode.ts'
import { encode } from './encode.ts'
import { ids } from './ids.ts'

/** What a list says of itself when all of it is on one page. */
const PAGING = { previous: '', next: '' }

export const accelbyte: Adapter = {
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
  frame: {
    lists: ['data'],
    context: [],
    listMember: (shape) => (shape === 'export' ? undefined : 'data'),
    trailer: (shape) => (shape === 'export' ? {} : { paging: PAGING }),
    readEnvelope,
  },
  ids,
  decode,
  encode,
}

/** A place in a list that was read page by page, and counts of a whole namespace, are not of any record. */
function readEnvelope(envelope: JsonObject, losses: LossReport): void {
  for (const [member, value] of Object.entries<JsonValue>(envelope)) {
    if (member === 'data' || (member === 'paging' && sameJson(value, PAGING))) continue
    losses.dropped([member], value, 'a member beside the list, of which no record is kept')
  }
}

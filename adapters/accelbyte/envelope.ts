import type { Envelope } from '../../src/dialect/adapter.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import { type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'

/** The paging of a list that is on one page. */
const PAGING = { previous: '', next: '' }

/** The export is a bare array; REST lists stand under `data`, with `paging` after them. */
export const envelope: Envelope = {
  lists: ['data'],
  context: [],
  listMember: (shape) => (shape === 'export' ? undefined : 'data'),
  trailer: (shape) => (shape === 'export' ? {} : { paging: PAGING }),
  readEnvelope,
}

/** A place in a list that was read page by page, and counts of a whole namespace, are not of any record. */
function readEnvelope(envelope: JsonObject, losses: LossReport): void {
  for (const [member, value] of Object.entries<JsonValue>(envelope)) {
    if (member === 'data' || (member === 'paging' && sameJson(value, PAGING))) continue
    losses.dropped([member], value, 'a member beside the list, of which no record is kept')
  }
}

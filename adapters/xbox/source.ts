import { DecodeError, describe } from '../../src/dialect/decode-error.ts'
import {
  type Listing,
  listIn,
  membersOf,
  type Source,
  type SourcePage,
  type SourceRequest,
  type SourceTarget,
} from '../../src/dialect/source.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { titleIds } from './formats.ts'
import { ids } from './ids.ts'

/** As many as the service's own client asks for. */
const PAGE_ITEMS = 100
const LIST = ['achievements']

/** Reads a user's list of a title, the only list that Xbox has; for definitions, progress in it is ignored. */
export const source: Source = {
  lacks: (binding) => (isTitleId(titleIds(binding).titleId) ? [] : ['title_id']),
  definitions: listing('&possibleOnly=true'),
  progress: { ...listing(''), ownOnly: false, complete: true },
}

function listing(more: string): Listing {
  return { ofAccount: true, ask: (target, after) => ask(target, after, more), read }
}

function ask(
  { binding, account = '', locale }: SourceTarget,
  after: string | undefined,
  more: string,
): SourceRequest {
  if (!ids.account.accepts(account)) throw new DecodeError(['account'], `expected ${ids.account.form}`)
  const token = after === undefined ? '' : `&continuationToken=${encodeURIComponent(after)}`
  const query = `titleId=${titleIds(binding).titleId}&maxItems=${PAGE_ITEMS}${more}${token}`
  return {
    path: `/users/xuid(${account})/achievements?${query}`,
    // Contract 4 adds how rare each is, which changes from one day to the next.
    headers: { 'x-xbl-contract-version': '2', 'accept-language': locale },
  }
}

/** Where paging is not said, all is on the page: the service's own client reads it so. */
function read(response: JsonValue): SourcePage {
  const entries = listIn(response, LIST)
  const { continuationToken, totalRecords } = membersOf(membersOf(response)['pagingInfo'], ['pagingInfo'])
  return {
    list: LIST,
    entries,
    next: readToken(continuationToken),
    total: Number.isSafeInteger(totalRecords) ? Number(totalRecords) : undefined,
  }
}

function readToken(token: JsonValue | undefined): string | undefined {
  if (token === undefined || token === null || token === '') return undefined
  if (typeof token === 'number' || (typeof token === 'string' && token.isWellFormed())) return String(token)
  throw new DecodeError(
    ['pagingInfo', 'continuationToken'],
    `expected a string, but found ${describe(token)}`,
  )
}

function isTitleId(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,10}$/.test(text)
}

import { DecodeError, describe } from '../../src/dialect/decode-error.ts'
import { pathStep } from '../../src/dialect/kit/plan.ts'
import {
  type Listing,
  listIn,
  membersOf,
  type Source,
  type SourcePage,
  type SourceTarget,
} from '../../src/dialect/source.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { ids } from './ids.ts'

/** The most that the service gives at once. */
const PAGE_ITEMS = 100
const LIST = ['data']

/** Reads the lists of the admin API in order of creation, so that entries added during a pull come last. */
export const source: Source = {
  lacks: ({ namespace }) => (pathStep(namespace) === undefined ? ['namespace'] : []),
  definitions: { ofAccount: false, ...listing(() => '', '') },
  progress: {
    ofAccount: true,
    ownOnly: false,
    complete: true,
    ...listing(({ account = '' }) => `/users/${stepOf(account)}`, '&preferUnlocked=false'),
  },
}

function listing(whose: (target: SourceTarget) => string, more: string): Pick<Listing, 'ask' | 'read'> {
  return {
    ask(target, after) {
      const namespace = `/achievement/v1/admin/namespaces/${pathStep(target.binding['namespace'])}`
      const query = `limit=${PAGE_ITEMS}&offset=${offsetOf(after)}&sortBy=createdAt:asc${more}`
      return { path: `${namespace}${whose(target)}/achievements?${query}`, headers: {} }
    },
    read: (response, _target, after) => read(response, after),
  }
}

function stepOf(account: string): string {
  const step = ids.account.accepts(account) ? pathStep(account) : undefined
  if (step !== undefined) return step
  throw new DecodeError(['account'], `expected ${ids.account.form}, and neither . nor ..`)
}

/** The service says that more follows, and we know where: it may give fewer at once than it was asked for. */
function read(response: JsonValue, after: string | undefined): SourcePage {
  const entries = listIn(response, LIST)
  const { paging } = membersOf(response)
  if (paging === undefined) throw new DecodeError(['paging'], 'expected an object, but found nothing')
  const { next } = membersOf(paging, ['paging'])
  if (next !== undefined && next !== null && typeof next !== 'string') {
    throw new DecodeError(['paging', 'next'], `expected a string, but found ${describe(next)}`)
  }
  const following = next ? String(offsetOf(after) + entries.length) : undefined
  return { list: LIST, entries, next: following, total: undefined }
}

function offsetOf(after = '0'): number {
  return /^\d{1,15}$/.test(after) ? Number(after) : 0
}

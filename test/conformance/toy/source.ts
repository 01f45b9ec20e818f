import { DecodeError } from '../../../src/dialect/decode-error.ts'
import { pathStep } from '../../../src/dialect/kit/plan.ts'
import { type Listing, listIn, type Source } from '../../../src/dialect/source.ts'

const LIST = ['toys']

const read: Listing['read'] = (response) => ({
  list: LIST,
  entries: listIn(response, LIST),
  next: undefined,
  total: undefined,
})

/** The lists of the toy gateway, which fit on one page. */
export const source: Source = {
  lacks: ({ game }) => (pathStep(game) === undefined ? ['game'] : []),
  definitions: {
    ofAccount: false,
    ask: ({ binding }) => ({ path: `/games/${pathStep(binding['game'])}/toys`, headers: {} }),
    read,
  },
  progress: {
    ofAccount: true,
    ownOnly: false,
    complete: true,
    ask({ binding, account }) {
      const player = pathStep(account)
      if (player === undefined) throw new DecodeError(['account'], 'expected a step of a path')
      return { path: `/games/${pathStep(binding['game'])}/players/${player}/toys`, headers: {} }
    },
    read,
  },
}

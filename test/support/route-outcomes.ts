import { bindingsOf, type RouteTarget } from './route-requests.ts'

/** Anything else says what was wrong with the answer. */
export type Outcome =
  | 'unauthenticated'
  | 'denied'
  | 'allowed'
  | 'absent'
  | 'unserved'
  | `unexpected ${string}`

/** A call that got as far as the records was allowed, whatever it found there. */
export function outcomeOf(way: string, target: RouteTarget, status: number, text: string): Outcome {
  if (status === 200 && isOfAllTitles(way)) {
    return text.includes(bindingsOf(target).xbox.service_config_id) ? 'allowed' : 'denied'
  }
  if (status === 200 && /bulk(Inc|Update|Reset|Create)/i.test(way)) return outcomeOfItem(text)
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'denied'
  if (status === 404) return 'absent'
  if (status === 501) return 'unserved'
  if ((status >= 200 && status < 300) || status === 304 || status === 409) return 'allowed'
  return `unexpected status ${status}: ${text}`
}

/** What lists all that the caller may see of a player denies a title by leaving it out. */
function isOfAllTitles(way: string): boolean {
  return way === 'listTitles' || way === 'listAchievements, of all titles'
}

/** Of AccelByte's numbers: what is not there, or is there already, was looked for. */
const DENIED = 20013
const LOOKED_FOR = [12242, 12274]

/** What is refused of many is refused in its place. */
function outcomeOfItem(text: string): Outcome {
  const [item, ...others] = JSON.parse(text) as { success: boolean; details: { errorCode?: number } }[]
  if (item === undefined || others.length > 0) return `unexpected number of items: ${text}`
  const { errorCode = 0 } = item.details
  if (errorCode === DENIED) return 'denied'
  return item.success || LOOKED_FOR.includes(errorCode) ? 'allowed' : `unexpected item: ${text}`
}

import { signal } from '@preact/signals'

/** The base of every page's path. */
export const BASE = '/console'

const current = () => ({ path: location.pathname, query: new URLSearchParams(location.search) })

/** The page's path and query. Each change makes another entry of the browser's history. */
export const here = signal(current())

/** Returns a sentence if the page has edits that would be lost; undefined otherwise. */
type Guard = () => string | undefined
let guard: Guard | undefined

/** Asks before edits are lost, until the returned function is called. */
export function guardEdits(check: Guard): () => void {
  guard = check
  return () => {
    if (guard === check) guard = undefined
  }
}

/** Goes to another page, unless the reader stays with the edits. */
export function navigate(url: string, { replace = false } = {}): void {
  const target = new URL(url, location.href)
  if (target.pathname !== location.pathname && !mayLeave()) return
  history[replace ? 'replaceState' : 'pushState'](null, '', target)
  here.value = current()
  if (!replace) scrollTo(0, 0)
}

/** Writes parameters of the query; undefined and empty ones are removed. The page stays. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const url = new URL(location.href)
  for (const [name, value] of Object.entries(changes)) {
    if (value) url.searchParams.set(name, value)
    else url.searchParams.delete(name)
  }
  navigate(url.href, { replace: true })
}

/** Returns the path of a page: its segments are encoded. */
export function pathTo(...segments: readonly string[]): string {
  return [BASE, ...segments.map(encodeSegment)].join('/')
}

/** A browser takes `.` and `..` for folders, encoded too: `~` precedes them, and an id that begins with it. */
function encodeSegment(id: string): string {
  return (/^(~|\.{1,2}$)/.test(id) ? '~' : '') + encodeURIComponent(id)
}

/** Returns the id of a segment of a path. A segment that no page has encoded is taken as it is. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment).replace(/^~/, '')
  } catch {
    return segment
  }
}

/** Returns the title of the page; undefined for a page of none. */
export function currentTitle(): string | undefined {
  const [, segment] = /^\/console\/titles\/([^/]+)/.exec(here.peek().path) ?? []
  return segment === undefined ? undefined : decodeSegment(segment)
}

function mayLeave(): boolean {
  const warning = guard?.()
  return warning === undefined || confirm(warning)
}

/** Follows links, the browser's buttons, and its question before a tab with edits is closed. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    const shown = here.peek()
    if (location.pathname === shown.path || mayLeave()) here.value = current()
    else history.pushState(null, '', shown.path + (shown.query.size > 0 ? `?${shown.query}` : ''))
  })
  addEventListener('beforeunload', (event) => {
    if (guard?.() !== undefined) event.preventDefault()
  })
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a[href]')
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey
    const isPage = link.pathname === BASE || link.pathname.startsWith(`${BASE}/`)
    if (!isPlain || !isPage || link.target !== '' || link.hasAttribute('download')) return
    // A link to a part of this page scrolls there.
    if (link.hash !== '' && link.pathname === location.pathname) return
    event.preventDefault()
    navigate(link.href)
  })
}

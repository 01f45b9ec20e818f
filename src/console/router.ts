import { signal } from '@preact/signals'
import { evictScroll, focusPage, restoreScroll, saveScroll } from './scroll-positions.ts'

/** The base of every page's path. */
export const BASE = '/console'

const current = () => ({ path: location.pathname, query: new URLSearchParams(location.search) })

/** The page's path and query. */
export const here = signal(current())

/** The number of the current entry of the browser's history. Each entry has its own as its state, so that it outlives a reload. */
let entry = 0

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

/** Goes to another page, unless the reader stays with the edits. The current page itself makes no new entry of the history. */
export function navigate(url: string, { replace = false } = {}): void {
  const target = new URL(url, location.href)
  const isOtherPage = target.pathname !== location.pathname
  if (isOtherPage && !mayLeave()) return
  if (replace || target.href === location.href) history.replaceState(entry, '', target)
  else {
    saveScroll(entry)
    entry += 1
    evictScroll(entry)
    history.pushState(entry, '', target)
  }
  here.value = current()
  if (isOtherPage) focusPage()
}

/** Writes parameters of the query; undefined and empty ones are removed. The page stays, and so does the entry of the history. */
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
  history.scrollRestoration = 'manual'
  entry = entryOfState()
  history.replaceState(entry, '')
  addEventListener('popstate', () => {
    const shown = here.peek()
    const target = entryOfState()
    // Also the event of `history.go` below.
    if (target === entry) return
    if (location.pathname !== shown.path && !mayLeave()) {
      history.go(entry - target)
      return
    }
    saveScroll(entry)
    entry = target
    here.value = current()
    if (location.pathname !== shown.path) restoreScroll(entry, shown.path)
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
    event.preventDefault()
    // The only link to a part of a page is that to its content.
    if (link.hash === '') navigate(link.href)
    else focusPage()
  })
}

/** Returns the number of the browser's entry. The entry of a typed URL has none yet, and follows the current one. */
function entryOfState(): number {
  if (typeof history.state === 'number') return history.state
  history.replaceState(entry + 1, '')
  return entry + 1
}

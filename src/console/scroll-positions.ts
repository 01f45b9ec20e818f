/** How far the frames of a page are scrolled, by their labels; the window's label is empty. */
type Positions = ReadonlyMap<string, number>

/** By entry of the browser's history. A reload loses them. */
const positions = new Map<number, Positions>()

/** A restoration waits so long for a list that is loaded again to be as long as before. */
const RESTORE_MILLISECONDS = 5_000

/** Stores how far the page of an entry is scrolled. */
export function saveScroll(entry: number): void {
  const frames = [...document.querySelectorAll<HTMLElement>('main .table-frame')]
  const scrolled = frames.filter(({ scrollTop }) => scrollTop > 0)
  positions.set(
    entry,
    new Map([['', scrollY], ...scrolled.map((frame) => [labelOf(frame), frame.scrollTop] as const)]),
  )
}

/** Deletes the positions of an entry and of all later ones, when a new entry replaces them. */
export function evictScroll(entry: number): void {
  for (const each of positions.keys()) if (each >= entry) positions.delete(each)
}

/** Begins a page at its top, for the keyboard too. */
export function focusPage(): void {
  restoration.abort()
  scrollTo(0, 0)
  // After the rendering: a dialog that closes with its page gives the focus back first.
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true }))
}

/** Ends the last restoration, with its listeners. */
let restoration = new AbortController()

/**
 * Scrolls a page of the history to where it was left, while its lists are loaded again, and focuses the link to the page that the
 * reader comes from. The first input of the reader ends it.
 */
export function restoreScroll(entry: number, leftPath: string): void {
  focusPage()
  restoration = new AbortController()
  const { signal } = restoration
  const end = () => restoration.abort()
  const missing = new Map(positions.get(entry))
  let isFocused = false
  const deadline = Date.now() + RESTORE_MILLISECONDS
  for (const type of ['wheel', 'pointerdown', 'keydown']) addEventListener(type, end, { signal })
  const step = () => {
    if (signal.aborted) return
    if (Date.now() > deadline || (missing.size === 0 && isFocused)) return end()
    for (const [label, top] of missing) if (scrolledTo(label, top)) missing.delete(label)
    isFocused ||= missing.size === 0 && focusLink(leftPath)
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
}

function scrolledTo(label: string, top: number): boolean {
  const frames = [...document.querySelectorAll<HTMLElement>('main .table-frame')]
  const frame = label === '' ? document.documentElement : frames.find((each) => labelOf(each) === label)
  frame?.scrollTo({ top, behavior: 'instant' })
  return frame !== undefined && Math.abs(frame.scrollTop - top) < 1
}

function labelOf(frame: HTMLElement): string {
  return frame.getAttribute('aria-label') ?? ''
}

function focusLink(path: string): boolean {
  const link = [...document.querySelectorAll<HTMLAnchorElement>('main a[href]')].find(
    ({ pathname }) => pathname === path,
  )
  link?.focus({ preventScroll: true })
  return link !== undefined
}

import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'

/** The rows of a long list to render, and the heights of those left out above and below them, in pixels. */
export interface VisibleRows {
  readonly start: number
  readonly end: number
  readonly above: number
  readonly below: number
}

/** Rows beyond the edges, so that fast scrolling and the Tab key meet no gap. */
const MARGIN_ROWS = 12

/** Returns which rows of a list of equal rows a scrolling frame shows: thousands of rows cost as much as those on the screen. */
export function useVisibleRows(
  frame: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): VisibleRows {
  const [range, setRange] = useState({ first: 0, shown: 40 })
  const measure = () => {
    const { scrollTop = 0, clientHeight = 0 } = frame.current ?? {}
    const first = Math.floor(scrollTop / rowHeight)
    const shown = Math.ceil(clientHeight / rowHeight)
    setRange((before) => (before.first === first && before.shown === shown ? before : { first, shown }))
  }
  useLayoutEffect(measure, [count])
  useEffect(() => {
    const { current } = frame
    if (current === null) return
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    current.addEventListener('scroll', measure, { passive: true })
    return () => {
      observer.disconnect()
      current.removeEventListener('scroll', measure)
    }
  }, [])
  const start = Math.max(0, Math.min(range.first - MARGIN_ROWS, count))
  const end = Math.min(count, range.first + range.shown + MARGIN_ROWS)
  return { start, end, above: start * rowHeight, below: Math.max(0, count - end) * rowHeight }
}

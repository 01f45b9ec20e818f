import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

type LoadPage<Item> = (
  pageToken: string,
  signal: AbortSignal,
) => Promise<{ readonly items: readonly Item[]; readonly nextPageToken?: string | undefined }>

interface NextPages<Item> {
  readonly items: readonly Item[]
  readonly error: unknown
  readonly isLoading: boolean
  readonly hasMore: boolean
  /** Loads the next page; after an error, the same page again. */
  readonly loadMore: () => void
}

/** How many pages without an item are skipped at once: a filter may leave out all items of a page. */
const EMPTY_PAGES = 20

/** Loads a list page by page, the first one at once. Begins again when an input changes. */
export function useNextPages<Item>(load: LoadPage<Item>, inputs: readonly unknown[]): NextPages<Item> {
  const [items, setItems] = useState<readonly Item[]>([])
  const [next, setNext] = useState<string>()
  const [error, setError] = useState<unknown>()
  const [isLoading, setLoading] = useState(true)
  const latest = useRef(load)
  latest.current = load
  const controller = useRef(new AbortController())
  const loadFrom = useCallback(async (pageToken: string) => {
    const { signal } = controller.current
    setLoading(true)
    setError(undefined)
    try {
      let page = await latest.current(pageToken, signal)
      for (
        let skipped = 0;
        page.items.length === 0 && page.nextPageToken && skipped < EMPTY_PAGES;
        skipped += 1
      ) {
        page = await latest.current(page.nextPageToken, signal)
      }
      if (signal.aborted) return
      setItems((before) => (pageToken === '' ? page.items : [...before, ...page.items]))
      setNext(page.nextPageToken || undefined)
    } catch (thrown) {
      if (!signal.aborted) setError(thrown)
    } finally {
      if (!signal.aborted) setLoading(false)
    }
  }, [])
  useEffect(() => {
    controller.current = new AbortController()
    setNext(undefined)
    void loadFrom('')
    return () => controller.current.abort()
  }, inputs)
  return { items, error, isLoading, hasMore: next !== undefined, loadMore: () => void loadFrom(next ?? '') }
}

import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { allPages } from '../api.ts'

interface Pages<Item> {
  /** Those of the pages so far. While they are loaded again, the old ones stay until all new ones are there. */
  readonly items: readonly Item[]
  readonly isComplete: boolean
  readonly error: unknown
  readonly reload: () => void
  /** Changes the items here, after a change on the server. */
  readonly update: (change: (items: readonly Item[]) => readonly Item[]) => void
}

type LoadPage<Item> = (
  pageToken: string,
  signal: AbortSignal,
) => Promise<{ readonly items: readonly Item[]; readonly nextPageToken?: string | undefined }>

/** Loads all pages of a list, and returns the items as they arrive. Loads again when an input changes. */
export function usePages<Item>(load: LoadPage<Item>, inputs: readonly unknown[]): Pages<Item> {
  const [items, setItems] = useState<readonly Item[]>([])
  const [isComplete, setComplete] = useState(false)
  const [error, setError] = useState<unknown>()
  const [count, setCount] = useState(0)
  const latest = useRef(load)
  latest.current = load
  const loadedFor = useRef<readonly unknown[]>([])
  useEffect(() => {
    const controller = new AbortController()
    const isAgain =
      loadedFor.current.length > 0 && inputs.every((input, index) => input === loadedFor.current[index])
    loadedFor.current = inputs
    setError(undefined)
    if (!isAgain) {
      setItems([])
      setComplete(false)
    }
    void loadAll(latest.current, controller.signal, (loaded, isLast) => {
      if (isLast || !isAgain) setItems(loaded)
      if (isLast) setComplete(true)
    }).catch((thrown) => controller.signal.aborted || setError(thrown))
    return () => controller.abort()
  }, [...inputs, count])
  const reload = useCallback(() => setCount((before) => before + 1), [])
  return { items, isComplete, error, reload, update: setItems }
}

async function loadAll<Item>(
  load: LoadPage<Item>,
  signal: AbortSignal,
  onItems: (items: readonly Item[], isLast: boolean) => void,
): Promise<void> {
  let loaded: readonly Item[] = []
  for await (const { items, nextPageToken } of allPages(async (pageToken) => {
    const page = await load(pageToken, signal)
    return { items: page.items, nextPageToken: page.nextPageToken ?? '' }
  })) {
    signal.throwIfAborted()
    loaded = [...loaded, ...items]
    onItems(loaded, nextPageToken === '')
  }
}

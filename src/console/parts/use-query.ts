import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

interface Query<Data> {
  /** The last data, kept while the next is loaded. */
  readonly data: Data | undefined
  readonly error: unknown
  readonly isLoading: boolean
  readonly reload: () => void
}

/** Loads data when a component appears and when an input changes. A call whose result is out of date is cancelled. */
export function useQuery<Data>(
  load: (signal: AbortSignal) => Promise<Data>,
  inputs: readonly unknown[],
): Query<Data> {
  const [state, setState] = useState<Omit<Query<Data>, 'reload'>>({
    data: undefined,
    error: undefined,
    isLoading: true,
  })
  const [count, setCount] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    setState(({ data }) => ({ data, error: undefined, isLoading: true }))
    latest.current(signal).then(
      (data) => signal.aborted || setState({ data, error: undefined, isLoading: false }),
      (error) => signal.aborted || setState(({ data }) => ({ data, error, isLoading: false })),
    )
    return () => controller.abort()
  }, [...inputs, count])
  const reload = useCallback(() => setCount((before) => before + 1), [])
  return { ...state, reload }
}

import { useEffect, useRef } from 'preact/hooks'
import { isUnavailable } from '../api-error.ts'

/** Calls a function again and again while the page is visible. */
export function useInterval(run: () => unknown, milliseconds: number): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const timer = setInterval(() => document.hidden || latest.current(), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}

const REFRESH_MILLISECONDS = 5_000

interface Loaded {
  readonly error: unknown
  readonly reload: () => void
}

/** Loads data again and again. An error stops it until the reader repeats the call, unless the server only did not respond. */
export function useRefresh({ error, reload }: Loaded): void {
  useInterval(() => (error === undefined || isUnavailable(error)) && reload(), REFRESH_MILLISECONDS)
}

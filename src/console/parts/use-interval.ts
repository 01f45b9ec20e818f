import { useEffect, useRef } from 'preact/hooks'

/** Calls a function again and again while the page is visible. */
export function useInterval(run: () => unknown, milliseconds: number): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const timer = setInterval(() => document.hidden || latest.current(), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}

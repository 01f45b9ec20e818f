import { useRef, useState } from 'preact/hooks'

interface Action {
  readonly isRunning: boolean
  /** The error of the last run. */
  readonly error: unknown
  /** Returns whether the action was done. While one runs, another call does nothing: a double click changes once. */
  readonly run: (action: () => Promise<unknown>) => Promise<boolean>
}

/** Runs a change that a person asks for, one at a time. */
export function useAction(): Action {
  const [isRunning, setRunning] = useState(false)
  const [error, setError] = useState<unknown>()
  const running = useRef(false)
  const run = async (action: () => Promise<unknown>) => {
    if (running.current) return false
    running.current = true
    setRunning(true)
    setError(undefined)
    try {
      await action()
      return true
    } catch (thrown) {
      setError(thrown)
      return false
    } finally {
      running.current = false
      setRunning(false)
    }
  }
  return { isRunning, error, run }
}

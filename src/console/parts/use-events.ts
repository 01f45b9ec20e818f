import { useEffect, useRef, useState } from 'preact/hooks'
import type { EventJson } from '../../clients/typescript/gen/laurel/v1/event_pb.js'
import { api } from '../api.ts'
import { ApiError } from '../api-error.ts'

/** The wait before a broken stream is resumed. */
const RESUME_MILLISECONDS = 1_000

interface Events {
  readonly isConnected: boolean
  /** The error that the stream cannot be resumed after. */
  readonly error: unknown
}

/** Calls a function with the events of a title as they are stored, and resumes the stream without a gap when it breaks. */
export function useEvents(titleId: string, onEvents: (events: readonly EventJson[]) => void): Events {
  const [isConnected, setConnected] = useState(false)
  const [error, setError] = useState<unknown>()
  const latest = useRef(onEvents)
  latest.current = onEvents
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    setError(undefined)
    void follow(titleId, signal, setConnected, (events) => latest.current(events)).catch(
      (thrown) => signal.aborted || setError(thrown),
    )
    return () => controller.abort()
  }, [titleId])
  return { isConnected, error }
}

async function follow(
  titleId: string,
  signal: AbortSignal,
  onConnected: (isConnected: boolean) => void,
  onEvents: (events: readonly EventJson[]) => void,
): Promise<void> {
  let resumeToken = ''
  while (!signal.aborted) {
    try {
      for await (const response of api.events.watchProgress({ titleId, resumeToken }, signal)) {
        onConnected(true)
        resumeToken = response.resumeToken ?? resumeToken
        if (response.events !== undefined) onEvents(response.events)
      }
    } catch (thrown) {
      onConnected(false)
      if (!isTemporary(thrown)) throw thrown
      if (thrown instanceof ApiError && thrown.code === 'out_of_range') resumeToken = ''
    }
    await new Promise((resolve) => setTimeout(resolve, RESUME_MILLISECONDS))
  }
}

/** A connection that ends in the middle is an error of the browser. */
function isTemporary(thrown: unknown): boolean {
  return !(thrown instanceof ApiError) || ['unavailable', 'out_of_range', 'unknown'].includes(thrown.code)
}

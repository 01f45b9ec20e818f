import { useEffect, useRef, useState } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { DialectPreviewJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { api } from '../../api.ts'

/** How a dialect takes an achievement. */
export interface DialectState {
  readonly lossCount: number
  readonly errorCount: number
  readonly warningCount: number
  /** Why the dialect cannot hold it; undefined if it can. */
  readonly refusal: string | undefined
}

type States = ReadonlyMap<string, Readonly<Record<string, DialectState>>>

const CONCURRENT_CALLS = 4
const SETTLED_MILLISECONDS = 150

/** By achievement and etag, so that a change is looked at again. */
const keyOf = ({ achievementId, etag }: AchievementJson) => `${etag} ${achievementId}`

/**
 * Loads the states of the shown achievements once scrolling has ended: each costs a translation into every dialect, and a title may have
 * thousands.
 */
export function useDialectStates(titleId: string, shown: readonly AchievementJson[]) {
  const [states, setStates] = useState<States>(new Map())
  const known = useRef(states)
  known.current = states
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const work = async (queue: AchievementJson[]) => {
      for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
        const { achievementId = '' } = next
        const { previews = [] } = await api.exchange.previewAchievement({ titleId, achievementId }, signal)
        const found = Object.fromEntries(previews.map((each) => [each.dialect, stateOf(each)]))
        const key = keyOf(next)
        setStates((before) => new Map([...before, [key, found]]))
      }
    }
    const timer = setTimeout(() => {
      const missing = shown.filter((each) => !known.current.has(keyOf(each)))
      // A failed call leaves its cells empty: the page of the achievement shows the error.
      for (let count = 0; count < CONCURRENT_CALLS; count += 1) work(missing).catch(() => {})
    }, SETTLED_MILLISECONDS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [titleId, shown.map(keyOf).join('\n')])
  return (achievement: AchievementJson) => states.get(keyOf(achievement))
}

function stateOf({ definition, findings = [] }: DialectPreviewJson): DialectState {
  const countOf = (severity: string) => findings.filter((finding) => finding.severity === severity).length
  return {
    lossCount: definition?.losses?.length ?? 0,
    errorCount: countOf('LINT_SEVERITY_ERROR'),
    warningCount: countOf('LINT_SEVERITY_WARNING'),
    refusal: definition?.error?.message,
  }
}

import { useRef, useState } from 'preact/hooks'
import type {
  DialectJson,
  ImportStrategyJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import type { PlanJson } from '../../../clients/typescript/gen/laurel/v1/plan_pb.js'
import { ApiError } from '../../api-error.ts'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { Progress } from '../../parts/progress.tsx'
import { Applied } from './applied.tsx'
import { ApplyButton } from './apply-button.tsx'
import { PlanView } from './plan-view.tsx'
import { type Planned, planDocument, planTitle, planUndo } from './planned.ts'
import { type ImportSource, Source } from './source.tsx'

interface ImportProps {
  readonly titleId: string
  readonly dialects: readonly DialectJson[]
}

/** The part of the page below the source. */
type Step =
  | { readonly is: 'source' }
  | { readonly is: 'planning'; readonly readCount: number; readonly entryCount?: number | undefined }
  | { readonly is: 'planned'; readonly planned: Planned; readonly isUndo: boolean }
  | { readonly is: 'applied'; readonly planned: Planned; readonly plan: PlanJson }

/** Plans an import, shows the plan, and applies exactly this plan. */
export function Import({ titleId, dialects }: ImportProps) {
  const [step, setStep] = useState<Step>({ is: 'source' })
  const [error, setError] = useState<unknown>()
  const [last, setLast] = useState<{ source: ImportSource; strategy: ImportStrategyJson }>()
  const running = useRef<AbortController>(undefined)

  const run = async (plan: (signal: AbortSignal) => Promise<Planned>, isUndo: boolean) => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setError(undefined)
    setStep({ is: 'planning', readCount: 0 })
    try {
      setStep({ is: 'planned', planned: await plan(controller.signal), isUndo })
    } catch (thrown) {
      setStep({ is: 'source' })
      if (!controller.signal.aborted) setError(thrown)
    }
  }
  const planSource = (source: ImportSource, strategy: ImportStrategyJson, allowRebinding = false) => {
    setLast({ source, strategy })
    return run((signal) => {
      const options = { titleId, strategy, signal }
      if (source.is === 'title') return planTitle(source.titleId, options)
      return planDocument(source.document, source.dialect, options, allowRebinding, (readCount) =>
        setStep({ is: 'planning', readCount, entryCount: source.entryCount }),
      )
    }, false)
  }
  const isBoundElsewhere = error instanceof ApiError && error.reason === 'BOUND_TO_ANOTHER_TITLE'
  return (
    <div class="stack">
      <Source titleId={titleId} dialects={dialects} onPlan={planSource} isDisabled={step.is === 'planning'} />
      {error !== undefined && <Failure error={error} />}
      {isBoundElsewhere && last !== undefined && (
        <div class="actions">
          <button type="button" onClick={() => void planSource(last.source, last.strategy, true)}>
            Plan it for this title anyway
          </button>
          <span class="muted">The ids of the titles at the platform stay as they are.</span>
        </div>
      )}
      {step.is === 'planning' && (
        <Progress
          label={`Planning: ${plural(step.readCount, 'entry', 'entries')} read`}
          value={step.entryCount && step.readCount / step.entryCount}
          onCancel={() => running.current?.abort()}
        />
      )}
      {step.is === 'planned' && (
        <>
          <ApplyButton
            planned={step.planned}
            typed={step.isUndo ? 'UNDO' : 'IMPORT'}
            onApplied={(plan) => setStep({ is: 'applied', planned: step.planned, plan })}
          />
          <PlanView titleId={titleId} planned={step.planned} />
        </>
      )}
      {step.is === 'applied' && (
        <Applied
          planned={step.planned}
          plan={step.plan}
          onUndo={() => void run((signal) => planUndo(step.plan, signal), true)}
        />
      )}
    </div>
  )
}

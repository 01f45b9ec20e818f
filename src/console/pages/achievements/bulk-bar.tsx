import { useState } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { api } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { Progress } from '../../parts/progress.tsx'
import { toast } from '../../parts/toast.tsx'
import { can } from '../../permissions.ts'
import { LIFECYCLES, type LifecycleName, lifecycleOf, lifecycleOnWire } from '../../records/achievement.ts'

interface BulkBarProps {
  readonly titleId: string
  readonly chosen: readonly AchievementJson[]
  readonly onApplied: (changed: readonly AchievementJson[], deleted?: readonly string[]) => void
  /** Called when some were not changed: the list may have old versions of them. */
  readonly onFailed: () => void
  readonly onClear: () => void
}

/** A change of one of the chosen achievements; undefined in place of the result if it is deleted. */
type Change = (achievement: AchievementJson) => Promise<AchievementJson | undefined>

const CONCURRENT_CALLS = 4

/** Changes the chosen achievements one by one: each write has its etag, so that no change of another person is overwritten. */
export function BulkBar({ titleId, chosen, onApplied, onFailed, onClear }: BulkBarProps) {
  const [run, setRun] = useState<{ done: number; of: number; cancel: () => void }>()
  const [errors, setErrors] = useState<readonly string[]>([])
  const [isDeleting, setDeleting] = useState(false)
  const [tag, setTag] = useState('')
  const [force, setForce] = useState(false)

  const changeAll = async (change: Change, done = 'changed') => {
    const controller = new AbortController()
    const failed: string[] = []
    const queue = [...chosen]
    const of = chosen.length
    let count = 0
    const showRun = () => setRun({ done: count, of, cancel: () => controller.abort() })
    setErrors([])
    showRun()
    const work = async () => {
      for (let next = queue.shift(); next !== undefined && !controller.signal.aborted; next = queue.shift()) {
        const { achievementId = '' } = next
        try {
          const changed = await change(next)
          if (changed === undefined) onApplied([], [achievementId])
          else onApplied([changed])
        } catch (error) {
          failed.push(`${achievementId}: ${error instanceof Error ? error.message : error}`)
        }
        count += 1
        showRun()
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_CALLS }, work))
    setRun(undefined)
    setErrors(failed)
    if (failed.length > 0) onFailed()
    toast(`${plural(count - failed.length, 'achievement')} ${done}`)
  }

  const update = (fields: (achievement: AchievementJson) => AchievementJson, mask: string) =>
    changeAll(async (achievement) => {
      const { achievementId = '', etag = '' } = achievement
      const changed = { titleId, achievementId, etag, ...fields(achievement) }
      return (await api.achievements.updateAchievement({ achievement: changed, updateMask: mask }))
        .achievement
    })
  const addTag = () => update(({ tags = [] }) => ({ tags: [...new Set([...tags, tag.trim()])] }), 'tags')
  const removeTag = () =>
    update(({ tags = [] }) => ({ tags: tags.filter((each) => each !== tag.trim()) }), 'tags')
  const setLifecycle = (name: LifecycleName) =>
    update(() => ({ lifecycle: lifecycleOnWire(name) }), 'lifecycle')
  // The dialog closes, and the progress is shown with its button to cancel.
  const deleteAll = async () => {
    void changeAll(async ({ achievementId = '', etag = '' }) => {
      await api.achievements.deleteAchievement({ titleId, achievementId, etag, force })
      return undefined
    }, 'deleted')
  }
  const isRunning = run !== undefined

  return (
    <section class="bulk panel" aria-label="Selected achievements">
      <div class="actions">
        <strong>{plural(chosen.length, 'selected', 'selected')}</strong>
        <input
          aria-label="Tag"
          placeholder="Tag"
          value={tag}
          dir="auto"
          onInput={({ currentTarget }) => setTag(currentTarget.value)}
        />
        <button type="button" disabled={isRunning || tag.trim() === ''} onClick={() => void addTag()}>
          Add tag
        </button>
        <button type="button" disabled={isRunning || tag.trim() === ''} onClick={() => void removeTag()}>
          Remove tag
        </button>
        {(Object.keys(LIFECYCLES) as LifecycleName[]).map((name) => (
          <button
            type="button"
            key={name}
            disabled={isRunning || chosen.every((each) => lifecycleOf(each) === name)}
            onClick={() => void setLifecycle(name)}
          >
            {{ DRAFT: 'Make draft', LIVE: 'Make live', RETIRED: 'Retire' }[name]}
          </button>
        ))}
        {can('delete', 'ACHIEVEMENT', titleId) && (
          <button type="button" class="danger" disabled={isRunning} onClick={() => setDeleting(true)}>
            Delete
          </button>
        )}
        <button type="button" class="quiet" disabled={isRunning} onClick={onClear}>
          Clear selection
        </button>
      </div>
      {run !== undefined && (
        <Progress label={`${run.done} of ${run.of}`} value={run.done / run.of} onCancel={run.cancel} />
      )}
      {errors.length > 0 && <Failure error={new Error(errors.join('\n'))} />}
      {isDeleting && (
        <Confirm
          title={`Delete ${plural(chosen.length, 'achievement')}?`}
          typed="DELETE"
          action="Delete"
          onClose={() => setDeleting(false)}
          onConfirm={deleteAll}
        >
          <p>
            Definitions and their revisions are removed, which cannot be undone. An achievement that players
            have progress on is kept, and reported, unless you say otherwise:
          </p>
          <label class="check">
            <input
              type="checkbox"
              checked={force}
              onChange={({ currentTarget }) => setForce(currentTarget.checked)}
            />
            Delete players’ progress on them too
          </label>
        </Confirm>
      )}
    </section>
  )
}

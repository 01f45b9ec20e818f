import { useEffect, useState } from 'preact/hooks'
import type {
  AchievementJson,
  MediaAssetJson,
} from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import type { PageProps } from '../../page-props.ts'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { IconPicker } from '../../parts/icon-picker.tsx'
import { Page } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { useAction } from '../../parts/use-action.ts'
import { useEditGuard } from '../../parts/use-edit-guard.ts'
import { useQuery } from '../../parts/use-query.ts'
import { navigate, pathTo } from '../../router.ts'

interface Form {
  readonly code: string
  readonly name: string
  readonly description: string
  readonly isHidden: boolean
  readonly isDraft: boolean
  readonly isIncremental: boolean
  readonly goal: string
  readonly statCode: string
  readonly tags: string
  readonly locked: Picture | undefined
  readonly unlocked: Picture | undefined
}

interface Picture {
  readonly name: string
  readonly url: string
}

const EMPTY: Form = {
  code: '',
  name: '',
  description: '',
  goal: '1',
  statCode: '',
  tags: '',
  isHidden: false,
  isDraft: false,
  isIncremental: false,
  locked: undefined,
  unlocked: undefined,
}

/** Creates an achievement with the fields that most have; its own page has the others. */
export function NewAchievement({ parameters: { title: titleId = '' } }: PageProps) {
  const [form, setForm] = useState(EMPTY)
  const [isCreated, setCreated] = useState(false)
  const { error, isRunning, run } = useAction()
  const { data: stats = [] } = useQuery(
    async (signal) => (await api.stats.listStats({ titleId, pageSize: 1000 }, signal)).stats ?? [],
    [titleId],
  )
  const set = (changes: Partial<Form>) => setForm((before) => ({ ...before, ...changes }))
  const isEdited = form !== EMPTY && !isCreated
  useEditGuard(isEdited, 'The achievement is not created. Leave the page without it?')
  const code = form.code.trim()
  useEffect(() => {
    if (isCreated) navigate(pathTo('titles', titleId, 'achievements', code), { replace: true })
  }, [isCreated])
  const create = (event: SubmitEvent) => {
    event.preventDefault()
    void run(async () => {
      await api.achievements.createAchievement({ achievement: achievementOf(titleId, form) })
      toast(`${code} is created`)
      setCreated(true)
    })
  }
  const problemOf = (...fields: readonly string[]) =>
    error instanceof ApiError
      ? error.violations.find(({ field }) => fields.some((each) => field.startsWith(`achievement.${each}`)))
          ?.message
      : undefined
  return (
    <Page
      title="New achievement"
      above={<a href={pathTo('titles', titleId)}>Achievements</a>}
      about="In the default language of the title. Languages, rewards and platforms follow on its page."
    >
      <form class="new-achievement" onSubmit={create}>
        <div class="stack">
          <Field
            label="Code"
            help="Games report progress by it. It cannot be changed."
            problem={problemOf('achievement_id')}
          >
            {(attributes) => (
              <input
                {...attributes}
                value={form.code}
                required
                maxLength={128}
                autocomplete="off"
                dir="auto"
                onInput={({ currentTarget }) => set({ code: currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Name" problem={problemOf('name')}>
            {(attributes) => (
              <input
                {...attributes}
                value={form.name}
                required
                maxLength={4096}
                dir="auto"
                onInput={({ currentTarget }) => set({ name: currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Description" problem={problemOf('description')}>
            {(attributes) => (
              <textarea
                {...attributes}
                value={form.description}
                maxLength={4096}
                rows={2}
                dir="auto"
                onInput={({ currentTarget }) => set({ description: currentTarget.value })}
              />
            )}
          </Field>
          <Field
            label="Tags"
            help="Up to five, separated by commas."
            problem={tagsOf(form.tags).length > 5 ? 'These are more than five tags.' : problemOf('tags')}
          >
            {(attributes) => (
              <input
                {...attributes}
                value={form.tags}
                dir="auto"
                onInput={({ currentTarget }) => set({ tags: currentTarget.value })}
              />
            )}
          </Field>
        </div>
        <div class="stack">
          <label class="check">
            <input
              type="checkbox"
              checked={form.isHidden}
              onChange={({ currentTarget }) => set({ isHidden: currentTarget.checked })}
            />
            Hidden until it is unlocked
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={form.isDraft}
              onChange={({ currentTarget }) => set({ isDraft: currentTarget.checked })}
            />
            Draft: players do not see it yet
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={form.isIncremental}
              onChange={({ currentTarget }) => set({ isIncremental: currentTarget.checked })}
            />
            Incremental: unlocked at a goal
          </label>
          {form.isIncremental && (
            <div class="columns">
              <Field label="Goal value" problem={problemOf('requirements[0].target')}>
                {(attributes) => (
                  <input
                    {...attributes}
                    type="number"
                    required
                    step="any"
                    value={form.goal}
                    onInput={({ currentTarget }) => set({ goal: currentTarget.value })}
                  />
                )}
              </Field>
              <Field
                label="Stat code"
                help="A new stat is created. Empty: games report the achievement itself."
                problem={problemOf('requirements[0].stat_code')}
              >
                {(attributes) => (
                  <input
                    {...attributes}
                    list="stats"
                    value={form.statCode}
                    onInput={({ currentTarget }) => set({ statCode: currentTarget.value })}
                  />
                )}
              </Field>
              <datalist id="stats">
                {stats.map(({ statCode }) => (
                  <option key={statCode} value={statCode} />
                ))}
              </datalist>
            </div>
          )}
          <IconPicker
            titleId={titleId}
            label="Locked icon"
            url={form.locked?.url}
            onChange={(locked) => set({ locked })}
          />
          <IconPicker
            titleId={titleId}
            label="Unlocked icon"
            url={form.unlocked?.url}
            onChange={(unlocked) => set({ unlocked })}
          />
        </div>
        <div class="new-achievement-end">
          {error !== undefined && <Failure error={error} />}
          <div class="actions end">
            <a class="button" href={pathTo('titles', titleId)}>
              Cancel
            </a>
            <button type="submit" class="primary" disabled={tagsOf(form.tags).length > 5 || isRunning}>
              Create
            </button>
          </div>
        </div>
      </form>
    </Page>
  )
}

function tagsOf(text: string): readonly string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()))].filter(Boolean)
}

function achievementOf(titleId: string, form: Form): AchievementJson {
  const media: MediaAssetJson[] = []
  if (form.locked !== undefined) media.push({ role: 'MEDIA_ROLE_LOCKED_ICON', ...form.locked })
  if (form.unlocked !== undefined) media.push({ role: 'MEDIA_ROLE_UNLOCKED_ICON', ...form.unlocked })
  return {
    titleId,
    achievementId: form.code.trim(),
    name: { text: form.name },
    description: { text: form.description },
    hidden: form.isHidden,
    lifecycle: form.isDraft ? 'LIFECYCLE_DRAFT' : 'LIFECYCLE_LIVE',
    tags: [...tagsOf(form.tags)],
    media,
    requirements: form.isIncremental
      ? [
          {
            requirementId: 'goal',
            statCode: form.statCode.trim(),
            operator: 'REQUIREMENT_OPERATOR_AT_LEAST',
            // A whole number stays exact.
            target: /^-?\d+$/.test(form.goal) ? { integer: form.goal } : { double: Number(form.goal) },
          },
        ]
      : [],
  }
}

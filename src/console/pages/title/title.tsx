import { useEffect, useState } from 'preact/hooks'
import type { TitleJson } from '../../../clients/typescript/gen/laurel/v1/title_pb.js'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import type { PageProps } from '../../page-props.ts'
import { type Change, Diff } from '../../parts/diff.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { formatTime, nameOr } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { useAction } from '../../parts/use-action.ts'
import { useEditGuard } from '../../parts/use-edit-guard.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { changesBetween } from '../../records/audit.ts'
import { Bindings } from './bindings.tsx'
import { DeleteTitle } from './delete-title.tsx'

const FIELDS = ['displayName', 'defaultLocale', 'bindings', 'maskHiddenInGateways'] as const

/** Returns the stored title with the fields that the draft has otherwise than the version it began with. */
function withChanges(stored: TitleJson, begun: TitleJson, draft: TitleJson): TitleJson {
  const changed = FIELDS.filter((field) => JSON.stringify(begun[field]) !== JSON.stringify(draft[field]))
  return { ...stored, ...Object.fromEntries(changed.map((field) => [field, draft[field]])) }
}

/** A title's own settings: its name and language, and its ids at platforms. */
export function TitleSettings({ parameters: { title: titleId = '' } }: PageProps) {
  const { data, error: readError } = useQuery(
    async (signal) => {
      const [{ title = {} }, { dialects = [] }] = await Promise.all([
        api.titles.getTitle({ titleId }, signal),
        api.exchange.listDialects({}, signal),
      ])
      return { title, dialects }
    },
    [titleId],
  )
  const [saved, setSaved] = useState<TitleJson>()
  const [draft, setDraft] = useState<TitleJson>({})
  const { error, isRunning, run } = useAction()
  const [meanwhile, setMeanwhile] = useState<readonly Change[]>()
  const take = (title: TitleJson) => {
    setMeanwhile(undefined)
    setSaved(title)
    setDraft(title)
  }
  useEffect(() => {
    if (data !== undefined) take(data.title)
  }, [data])
  const isChanged = saved !== undefined && JSON.stringify(saved) !== JSON.stringify(draft)
  useEditGuard(isChanged, 'Your changes are not saved. Leave the page without them?')
  const set = (changes: Partial<TitleJson>) => setDraft((before) => ({ ...before, ...changes }))
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    void run(async () => {
      try {
        const { title = {} } = await api.titles.updateTitle({ title: draft, updateMask: FIELDS.join(',') })
        take(title)
        toast('Saved')
      } catch (thrown) {
        if (!(thrown instanceof ApiError && thrown.reason === 'ETAG_MISMATCH')) throw thrown
        const { title: stored = {} } = await api.titles.getTitle({ titleId })
        setMeanwhile(changesBetween(saved, stored))
        setSaved(stored)
        setDraft(withChanges(stored, saved ?? {}, draft))
      }
    })
  }
  const problemOf = (field: string) =>
    error instanceof ApiError
      ? error.violations.find((violation) => violation.field.startsWith(`title.${field}`))?.message
      : undefined
  if (readError !== undefined) {
    return (
      <Page title={titleId}>
        <Failure error={readError} />
      </Page>
    )
  }
  if (saved === undefined || data === undefined) return null
  return (
    <Page title={nameOr(saved.displayName, titleId)} about={`created ${formatTime(saved.createTime)}`}>
      <form class="stack title-settings" onSubmit={save}>
        <fieldset class="panel" disabled={!can('update', 'TITLE', titleId)}>
          <legend class="visually-hidden">Settings</legend>
          <div class="panel-body stack">
            <div class="columns">
              <Field label="Name" problem={problemOf('display_name')}>
                {(attributes) => (
                  <input
                    {...attributes}
                    value={draft.displayName ?? ''}
                    maxLength={4096}
                    dir="auto"
                    onInput={({ currentTarget }) => set({ displayName: currentTarget.value })}
                  />
                )}
              </Field>
              <Field
                label="Default language"
                help="The BCP-47 tag of texts without a language."
                problem={problemOf('default_locale')}
              >
                {(attributes) => (
                  <input
                    {...attributes}
                    value={draft.defaultLocale ?? ''}
                    maxLength={35}
                    onInput={({ currentTarget }) => set({ defaultLocale: currentTarget.value })}
                  />
                )}
              </Field>
            </div>
            <label class="check">
              <input
                type="checkbox"
                checked={draft.maskHiddenInGateways ?? false}
                onChange={({ currentTarget }) => set({ maskHiddenInGateways: currentTarget.checked })}
              />
              The platforms’ own APIs redact hidden achievements until they are unlocked
            </label>
            <Bindings
              dialects={data.dialects}
              bindings={draft.bindings ?? {}}
              problemOf={problemOf}
              onChange={(bindings) => set({ bindings })}
            />
          </div>
        </fieldset>
        {error !== undefined && <Failure error={error} />}
        {meanwhile !== undefined && (
          <section class="failure" role="alert">
            <p>
              The title was changed meanwhile, and nothing of yours is stored. Your changes are on top of the
              stored version now: read its changes, and save again.
            </p>
            <Diff changes={meanwhile} headings={['When you opened it', 'Now stored']} />
          </section>
        )}
        <div class="actions">
          {can('update', 'TITLE', titleId) && (
            <>
              <button type="button" disabled={!isChanged} onClick={() => setDraft(saved)}>
                Discard
              </button>
              <button type="submit" class="primary" disabled={!isChanged || isRunning}>
                Save
              </button>
            </>
          )}
        </div>
      </form>
      {can('delete', 'TITLE', titleId) && <DeleteTitle titleId={titleId} etag={saved.etag ?? ''} />}
    </Page>
  )
}

import { useEffect, useMemo, useState } from 'preact/hooks'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import type { PageProps } from '../../page-props.ts'
import { Chip } from '../../parts/chip.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatTime } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { LIFECYCLES, lifecycleOf, localesOf, localesOfAll, nameOf } from '../../records/achievement.ts'
import { pathTo } from '../../router.ts'
import { type Editor, EditorContext } from './editor-context.ts'
import { fieldPath, isWithin } from './field-path.ts'
import { MoreFields } from './more-fields.tsx'
import { Pictures } from './pictures.tsx'
import { Previews } from './previews.tsx'
import { Revisions } from './revisions.tsx'
import { Rewards } from './rewards.tsx'
import { Rules } from './rules.tsx'
import { ConflictDialog, SaveDialog } from './save-dialogs.tsx'
import { Texts } from './texts.tsx'
import { useDraft } from './use-draft.ts'
import { usePreview } from './use-preview.ts'

const NO_LOCALES: readonly string[] = []
/** As many achievements tell the languages of a title. */
const SAMPLE_SIZE = 60

/** One achievement: the record to edit, and how each platform shows it. */
export function Achievement({ parameters }: PageProps) {
  const { title: titleId = '', achievement: achievementId = '' } = parameters
  const edited = useDraft(titleId, achievementId)
  const { saved, draft, theirs, isChanged } = edited
  const [dialog, setDialog] = useState<'save' | 'revisions'>()
  const [locale, setLocale] = useState('')
  const { data: context } = useQuery((signal) => contextOf(titleId, signal), [titleId])
  const preview = usePreview(titleId, draft, locale)
  const canUpdate = can('update', 'ACHIEVEMENT', titleId)
  useEffect(() => {
    const saveByKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return
      event.preventDefault()
      if (isChanged && canUpdate) setDialog('save')
    }
    addEventListener('keydown', saveByKey)
    return () => removeEventListener('keydown', saveByKey)
  }, [isChanged, canUpdate])
  const locales = useMemo(
    () => [...new Set([...(context?.locales ?? []), ...localesOf(draft?.name)])],
    [context, draft?.name],
  )
  const back = <a href={pathTo('titles', titleId)}>Achievements</a>
  if (edited.error !== undefined) {
    return (
      <Page title={achievementId} above={back}>
        <Failure error={edited.error} />
      </Page>
    )
  }
  if (saved === undefined || draft === undefined) return null
  const editor = editorOf(titleId, edited, preview, context)
  return (
    <Page
      title={nameOf(draft)}
      above={back}
      about={
        <span class="actions">
          <code>{achievementId}</code>
          <Chip kind={lifecycleOf(saved) === 'LIVE' ? 'good' : 'neutral'}>
            {LIFECYCLES[lifecycleOf(saved)]}
          </Chip>
          <span>changed {formatTime(saved.updateTime)}</span>
        </span>
      }
      actions={
        <>
          <button type="button" onClick={() => setDialog('revisions')}>
            Revisions
          </button>
          {canUpdate && (
            <>
              <button type="button" disabled={!isChanged} onClick={() => edited.replace(saved)}>
                Discard
              </button>
              <button type="button" class="primary" disabled={!isChanged} onClick={() => setDialog('save')}>
                Save…
              </button>
            </>
          )}
        </>
      }
    >
      <EditorContext.Provider value={editor}>
        <div class="achievement">
          <fieldset class="stack editor" disabled={!canUpdate}>
            <legend class="visually-hidden">Definition</legend>
            <Texts titleLocales={context?.locales ?? NO_LOCALES} />
            <Rules />
            <Rewards />
            <Pictures />
            <MoreFields />
          </fieldset>
          <Previews
            previews={preview.data}
            dialects={context?.dialects ?? []}
            error={preview.error}
            locales={locales}
            locale={locale}
            onLocale={setLocale}
          />
        </div>
      </EditorContext.Provider>
      {dialog === 'save' && theirs === undefined && (
        <SaveDialog
          saved={saved}
          draft={draft}
          onClose={() => setDialog(undefined)}
          onSave={async () => {
            if (await edited.save()) toast('Saved')
          }}
        />
      )}
      {theirs !== undefined && (
        <ConflictDialog saved={saved} draft={draft} theirs={theirs} onResolve={edited.resolve} />
      )}
      {dialog === 'revisions' && (
        <Revisions
          titleId={titleId}
          achievementId={achievementId}
          current={saved}
          canRestore={canUpdate && !isChanged}
          onRestored={edited.replace}
          onClose={() => setDialog(undefined)}
        />
      )}
    </Page>
  )
}

interface Context {
  readonly dialects: Editor['dialects']
  readonly defaultLocale: string
  readonly locales: readonly string[]
}

async function contextOf(titleId: string, signal: AbortSignal): Promise<Context> {
  const [{ dialects = [] }, { title = {} }, { achievements = [] }] = await Promise.all([
    api.exchange.listDialects({}, signal),
    api.titles.getTitle({ titleId }, signal),
    api.achievements.listAchievements({ titleId, pageSize: SAMPLE_SIZE }, signal),
  ])
  return { dialects, defaultLocale: title.defaultLocale ?? 'en', locales: localesOfAll(achievements) }
}

function editorOf(
  titleId: string,
  { draft = {}, set }: ReturnType<typeof useDraft>,
  preview: ReturnType<typeof usePreview>,
  context: Context | undefined,
): Editor {
  const violations = preview.error instanceof ApiError ? preview.error.violations : []
  const findings = (preview.data ?? []).flatMap((each) => each.findings ?? [])
  return {
    titleId,
    draft,
    set,
    dialects: context?.dialects ?? [],
    defaultLocale: context?.defaultLocale ?? 'en',
    problemOf: (field) => violations.find((each) => isWithin(fieldPath(each.field), field))?.message,
    findingsOf: (field) => findings.filter(({ path = '' }) => isWithin(fieldPath(path), field)),
  }
}

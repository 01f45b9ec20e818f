import { api } from '../../api.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { useAction } from '../../parts/use-action.ts'
import { can } from '../../permissions.ts'
import { navigate, pathTo } from '../../router.ts'

/** The file of the sample document, `<title>.<dialect>-<hash>.json`: the build defines it. */
declare const SAMPLE_FILE: string

/** The first steps on a server without titles. */
export function NoTitles({ onCreate }: { onCreate: () => void }) {
  const { error, isRunning, run } = useAction()
  const importSample = () => run(async () => navigate(pathTo('titles', await importSampleTitle())))
  return (
    <Empty title="There are no titles yet">
      <p class="muted">A title is a game. Import the sample to look around, or create your own.</p>
      {error !== undefined && <Failure error={error} />}
      {can('create', 'TITLE') && (
        <div class="actions">
          <button type="button" class="primary" disabled={isRunning} onClick={() => void importSample()}>
            Import the sample
          </button>
          <button type="button" onClick={onCreate}>
            New title
          </button>
        </div>
      )}
    </Empty>
  )
}

/** Imports the sample document of the server, and returns its title. */
async function importSampleTitle(): Promise<string> {
  const response = await fetch(`/console/assets/${SAMPLE_FILE}`)
  if (!response.ok) throw new Error(`the sample cannot be read: HTTP ${response.status}`)
  const [, titleId = '', dialect = ''] = /^(.+)\.(.+)-\w+\.json$/.exec(SAMPLE_FILE) ?? []
  let failed = 0
  for await (const { summary } of api.exchange.importAchievements(
    { dialect, titleId },
    await response.blob(),
  )) {
    failed += summary?.failedCount ?? 0
  }
  if (failed > 0) throw new Error(`${failed} entries of the sample could not be imported`)
  return titleId
}

/** Opens a title by its id, for a caller who may not list titles but has permissions on some. */
export function OpenTitle() {
  const open = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    navigate(pathTo('titles', String(form.get('title_id')).trim()))
  }
  return (
    <form class="actions" onSubmit={open}>
      <Field label="Open a title by its id">
        {(attributes) => <input {...attributes} name="title_id" required dir="auto" />}
      </Field>
      <button type="submit">Open</button>
    </form>
  )
}

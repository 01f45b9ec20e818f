import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { useAction } from '../../parts/use-action.ts'
import { navigate, pathTo } from '../../router.ts'

/** Creates a title, and opens it. */
export function CreateTitle({ onClose }: { onClose: () => void }) {
  const { error, isRunning, run } = useAction()
  const create = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string) => String(form.get(name)).trim()
    const titleId = text('title_id')
    const title = { titleId, displayName: text('display_name'), defaultLocale: text('default_locale') }
    void run(async () => {
      await api.titles.createTitle({ title })
      navigate(pathTo('titles', titleId))
    })
  }
  const problemOf = (field: string) =>
    error instanceof ApiError
      ? error.violations.find((violation) => violation.field === `title.${field}`)?.message
      : undefined
  return (
    <Dialog title="New title" onClose={onClose}>
      <form class="stack" onSubmit={create}>
        <Field
          label="Id"
          help="Your games and services call it by this id, which cannot be changed."
          problem={problemOf('title_id')}
        >
          {(attributes) => (
            <input {...attributes} name="title_id" required maxLength={128} autocomplete="off" dir="auto" />
          )}
        </Field>
        <Field label="Name" problem={problemOf('display_name')}>
          {(attributes) => (
            <input {...attributes} name="display_name" maxLength={4096} autocomplete="off" dir="auto" />
          )}
        </Field>
        <Field
          label="Default language"
          help="The BCP-47 tag of texts without a language."
          problem={problemOf('default_locale')}
        >
          {(attributes) => (
            <input {...attributes} name="default_locale" defaultValue="en" required maxLength={35} />
          )}
        </Field>
        {error !== undefined && <Failure error={error} />}
        <div class="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isRunning}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  )
}

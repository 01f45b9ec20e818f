import { useState } from 'preact/hooks'
import { api } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { toast } from '../../parts/toast.tsx'
import { BASE, navigate } from '../../router.ts'

/** Deletes a title after its id is typed. */
export function DeleteTitle({ titleId, etag }: { titleId: string; etag: string }) {
  const [isOpen, setOpen] = useState(false)
  const [force, setForce] = useState(false)
  const remove = async () => {
    await api.titles.deleteTitle({ titleId, etag, force })
    toast(`${titleId} is deleted`)
    navigate(BASE, { replace: true })
  }
  return (
    <>
      <section class="panel panel-body actions delete-title" aria-label="Delete the title">
        <p class="muted">Deleting the title cannot be undone. Its id is asked for first.</p>
        <button type="button" class="danger quiet" onClick={() => setOpen(true)}>
          Delete the title…
        </button>
      </section>
      {isOpen && (
        <Confirm
          title={`Delete ${titleId}?`}
          typed={titleId}
          action="Delete"
          onClose={() => setOpen(false)}
          onConfirm={remove}
        >
          <p>
            This cannot be undone. A title with achievements, stats or players is kept, unless you say
            otherwise:
          </p>
          <label class="check">
            <input
              type="checkbox"
              checked={force}
              onChange={({ currentTarget }) => setForce(currentTarget.checked)}
            />
            Delete its achievements, its stats and all players’ progress too
          </label>
        </Confirm>
      )}
    </>
  )
}

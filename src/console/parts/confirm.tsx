import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Field } from './field.tsx'
import { useAction } from './use-action.ts'

interface ConfirmProps {
  readonly title: string
  /** The text to type before the action is possible: for changes that cannot be undone. */
  readonly typed?: string
  readonly action: string
  readonly wide?: boolean
  readonly children: ComponentChildren
  readonly onClose: () => void
  /** The dialog stays open, with the error, if it rejects. Closing the dialog aborts the signal. */
  readonly onConfirm: (signal: AbortSignal) => Promise<void>
}

/** Asks before a change, with the text to type if it cannot be undone. */
export function Confirm({ title, typed, action, wide = false, children, onClose, onConfirm }: ConfirmProps) {
  const [text, setText] = useState('')
  const { isRunning, error, run } = useAction()
  const controller = useRef(new AbortController())
  const confirm = async (event: SubmitEvent) => {
    event.preventDefault()
    if (await run(() => onConfirm(controller.current.signal))) onClose()
  }
  const close = () => {
    controller.current.abort()
    onClose()
  }
  const isReady = typed === undefined || text === typed
  return (
    <Dialog title={title} wide={wide} onClose={close}>
      <form onSubmit={confirm} class="stack">
        {children}
        {typed !== undefined && (
          <Field label={`Type ${typed} to confirm`}>
            {(attributes) => (
              <input
                {...attributes}
                value={text}
                autocomplete="off"
                onInput={({ currentTarget }) => setText(currentTarget.value)}
              />
            )}
          </Field>
        )}
        {error !== undefined && <Failure error={error} />}
        {isRunning && <progress aria-label={action} />}
        <div class="actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            class={typed === undefined ? 'primary' : 'danger'}
            disabled={!isReady || isRunning}
          >
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

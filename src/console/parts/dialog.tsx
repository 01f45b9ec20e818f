import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface DialogProps {
  readonly title: string
  /** Called by Escape and by the button; undefined if the dialog cannot be closed. */
  readonly onClose: (() => void) | undefined
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** A modal dialog, open as long as it is rendered. The browser keeps the focus in it, and gives it back. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOver = useRef(false)
  const heading = useId()
  useEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => {
      isOver.current = true
      current?.close()
    }
  }, [])
  const cancel = (event: Event) => {
    event.preventDefault()
    onClose?.()
  }
  // A browser closes a dialog at the second Escape, whatever the page wants.
  const closed = () => {
    if (isOver.current) return
    if (onClose === undefined) dialog.current?.showModal()
    else onClose()
  }
  return (
    <dialog
      ref={dialog}
      class={wide ? 'wide' : ''}
      aria-labelledby={heading}
      onCancel={cancel}
      onClose={closed}
    >
      <header class="dialog-header">
        <h2 id={heading}>{title}</h2>
        {onClose !== undefined && (
          <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
            ✕
          </button>
        )}
      </header>
      <div class="dialog-body stack">{children}</div>
    </dialog>
  )
}

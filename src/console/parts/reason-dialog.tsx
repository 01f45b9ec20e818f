import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Confirm } from './confirm.tsx'
import { Field } from './field.tsx'

interface ReasonDialogProps {
  readonly title: string
  readonly action: string
  /** The text to type, for changes that cannot be undone. */
  readonly typed?: string
  /** A sentence about the reason. */
  readonly help?: string
  readonly children: ComponentChildren
  readonly onClose: () => void
  readonly onConfirm: (reason: string) => Promise<void>
}

/** Asks for the reason of a change, which the audit shows. */
export function ReasonDialog({ help, children, onConfirm, ...confirm }: ReasonDialogProps) {
  const [reason, setReason] = useState('')
  return (
    <Confirm {...confirm} onConfirm={() => onConfirm(reason.trim())}>
      {children}
      <Field label="Reason" help={help ?? 'The audit shows it with your name.'}>
        {(attributes) => (
          <textarea
            {...attributes}
            required
            maxLength={1024}
            rows={2}
            dir="auto"
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        )}
      </Field>
    </Confirm>
  )
}

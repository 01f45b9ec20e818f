import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** The attributes that connect a control with its label, help and problem. */
export interface ControlAttributes {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean | undefined
}

interface FieldProps {
  readonly label: string
  readonly help?: ComponentChildren
  /** The problem of the value. */
  readonly problem?: string | undefined
  /** Rendered below the control, such as findings about the value. */
  readonly notes?: ComponentChildren
  readonly children: (attributes: ControlAttributes) => ComponentChildren
}

/** A control with its label, and the sentences about it. */
export function Field({ label, help, problem, notes, children }: FieldProps) {
  const id = useId()
  const described = help === undefined && problem === undefined ? undefined : `${id}-about`
  const isInvalid = problem === undefined ? undefined : true
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': isInvalid })}
      {described !== undefined && (
        <p id={described} class={isInvalid ? 'problem' : 'help'}>
          {problem ?? help}
        </p>
      )}
      {notes}
    </div>
  )
}

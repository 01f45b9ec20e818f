import { Field } from './field.tsx'

interface IdFieldProps {
  readonly label: string
  readonly help?: string
  /** The problem of the value. */
  readonly problem: string | undefined
  readonly value: string
  readonly onInput: (value: string) => void
}

/** A required id, as a person pastes it. */
export function IdField({ label, help, problem, value, onInput }: IdFieldProps) {
  return (
    <Field label={label} help={help} problem={problem}>
      {(attributes) => (
        <input
          {...attributes}
          required
          maxLength={128}
          autocomplete="off"
          dir="auto"
          value={value}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
      )}
    </Field>
  )
}

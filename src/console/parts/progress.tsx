interface ProgressProps {
  readonly label: string
  /** From 0 to 1; undefined if it is not known. */
  readonly value?: number | undefined
  readonly onCancel?: () => void
}

/** Long work, which can be cancelled. */
export function Progress({ label, value, onCancel }: ProgressProps) {
  return (
    <div class="progress">
      <p role="status">{label}</p>
      <progress aria-label={label} value={value} max={1} />
      {onCancel !== undefined && (
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      )}
    </div>
  )
}

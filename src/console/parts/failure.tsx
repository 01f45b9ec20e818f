import { ApiError, messageOf } from '../api-error.ts'

interface FailureProps {
  readonly error: unknown
  readonly onRetry?: () => void
}

/** The server's sentence about a failed call, with each rejected field. */
export function Failure({ error, onRetry }: FailureProps) {
  const violations = error instanceof ApiError ? error.violations : []
  return (
    <div class="failure" role="alert">
      <p>{messageOf(error)}</p>
      {violations.length > 0 && (
        <ul>
          {violations.map(({ field, message }) => (
            <li key={field}>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          Repeat
        </button>
      )}
    </div>
  )
}

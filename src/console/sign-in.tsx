import { useEffect, useRef, useState } from 'preact/hooks'
import { consoleConfig } from './config.ts'
import { Dialog } from './parts/dialog.tsx'
import { Failure } from './parts/failure.tsx'
import { Field } from './parts/field.tsx'
import { signIn, token, waiting } from './session.ts'
import type { Issuer } from './sign-in-oidc.ts'

/** The dialog in which people sign in. It opens when the server refuses a call, over the page with its edits. */
export function SignIn() {
  const [request] = waiting.value
  return request === undefined ? null : <SignInDialog reason={request.reason} />
}

function SignInDialog({ reason }: { reason: string }) {
  const [issuers, setIssuers] = useState<readonly Issuer[]>([])
  const [error, setError] = useState<unknown>()
  const attempt = useRef(new AbortController())
  useEffect(() => {
    consoleConfig().then(({ signIns }) => {
      setIssuers(signIns)
      // A browser allows a window right after the click alone.
      if (signIns.length > 0) void import('./sign-in-oidc.ts')
    }, setError)
    return () => attempt.current.abort()
  }, [])
  const take = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    signIn(String(form.get('credential')).trim())
  }
  const takeFrom = async (issuer: Issuer) => {
    attempt.current.abort()
    attempt.current = new AbortController()
    const { signal } = attempt.current
    setError(undefined)
    try {
      const { signInAt } = await import('./sign-in-oidc.ts')
      signIn(await signInAt(issuer, signal))
    } catch (thrown) {
      if (!signal.aborted) setError(thrown)
    }
  }
  return (
    <Dialog title="Sign in" onClose={undefined}>
      <p class="muted">
        {token.value === undefined
          ? 'Sign in to use this server. Its operator gives out keys and tokens.'
          : `The server refused the call: ${reason}.`}
      </p>
      {issuers.map((issuer) => (
        <button type="button" key={issuer.issuer} onClick={() => void takeFrom(issuer)}>
          Sign in at {new URL(issuer.issuer).host}
        </button>
      ))}
      <form onSubmit={take} class="stack">
        <Field label="Key or token" help="It stays in this page’s memory, and a reload forgets it.">
          {(attributes) => (
            <input {...attributes} name="credential" type="password" autocomplete="off" required />
          )}
        </Field>
        {error !== undefined && <Failure error={error} />}
        <div class="actions">
          <button type="submit" class="primary">
            Sign in
          </button>
        </div>
      </form>
    </Dialog>
  )
}

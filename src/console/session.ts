import { signal } from '@preact/signals'

/** The caller's credential. It is in memory alone: a reload asks for it again. */
export const token = signal<string | undefined>(undefined)

interface TokenRequest {
  /** Why the server refused the call. */
  readonly reason: string
  readonly resolve: () => void
}

/** The calls that wait for a sign-in; the dialog is open while there is one. */
export const waiting = signal<readonly TokenRequest[]>([])

/**
 * Waits for a sign-in.
 * @param refused the token that the server refused; if there is another one by now, it is taken
 */
export function requestToken(refused: string | undefined, reason: string): Promise<void> {
  if (token.peek() !== refused) return Promise.resolve()
  return new Promise((resolve) => {
    waiting.value = [...waiting.peek(), { reason, resolve }]
  })
}

/** Takes a credential, and repeats the waiting calls with it. */
export function signIn(credential: string): void {
  token.value = credential
  const requests = waiting.peek()
  waiting.value = []
  for (const { resolve } of requests) resolve()
}

/** Forgets the credential. Reloads, so that no data of the caller stays in the page. */
export function signOut(): void {
  token.value = undefined
  location.reload()
}

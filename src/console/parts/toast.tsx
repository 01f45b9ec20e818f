import { signal } from '@preact/signals'

const SHOWN_MILLISECONDS = 6_000
const toasts = signal<readonly { readonly id: number; readonly text: string }[]>([])
let next = 0

/** Says for a few seconds that something is done. Errors stay where they occurred instead. */
export function toast(text: string): void {
  const id = next++
  toasts.value = [...toasts.peek(), { id, text }]
  setTimeout(() => {
    toasts.value = toasts.peek().filter((each) => each.id !== id)
  }, SHOWN_MILLISECONDS)
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  )
}

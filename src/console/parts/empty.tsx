import type { ComponentChildren } from 'preact'

/** The text of an empty list, and the next steps. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

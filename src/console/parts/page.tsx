import type { ComponentChildren } from 'preact'

interface PageProps {
  readonly title: string
  /** A line above the title, such as the way back. */
  readonly above?: ComponentChildren
  /** A line below the title. */
  readonly about?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** The frame of a page: its title, its actions, and its content. */
export function Page({ title, above, about, actions, children }: PageProps) {
  return (
    <div class="page">
      <header class="page-header">
        <div class="page-title">
          {above !== undefined && <div class="page-above">{above}</div>}
          <h1 dir="auto">{title}</h1>
          {about !== undefined && <div class="muted">{about}</div>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

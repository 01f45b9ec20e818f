import type { ComponentChildren } from 'preact'

export type ChipKind = 'neutral' | 'accent' | 'good' | 'warning' | 'bad'

interface ChipProps {
  readonly kind?: ChipKind
  readonly title?: string | undefined
  readonly onClick?: (() => void) | undefined
  readonly children: ComponentChildren
}

/** A short state. With `onClick` it is a button that leads to its subject. */
export function Chip({ kind = 'neutral', title, onClick, children }: ChipProps) {
  if (onClick === undefined) {
    return (
      <span class="chip" data-kind={kind} title={title}>
        {children}
      </span>
    )
  }
  return (
    <button type="button" class="chip" data-kind={kind} title={title} onClick={onClick}>
      {children}
    </button>
  )
}

import type { ComponentChildren, Ref } from 'preact'

interface TableFrameProps {
  readonly label: string
  /** The classes besides its own. */
  readonly class?: string
  readonly frameRef?: Ref<HTMLElement>
  readonly children: ComponentChildren
}

/** Scrolls a wide or long table, with the arrow keys too. */
export function TableFrame({ label, class: extra = '', frameRef = null, children }: TableFrameProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus no key scrolls it
    <section ref={frameRef} class={`table-frame ${extra}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}

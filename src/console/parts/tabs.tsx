import { here } from '../router.ts'

interface TabsProps {
  readonly label: string
  /** The names for people, by the value of the query's `tab`; the first is shown without one. */
  readonly tabs: Readonly<Record<string, string>>
}

/** Parts of a page, each with its URL. */
export function Tabs({ label, tabs }: TabsProps) {
  const current = currentTab(tabs)
  const [first] = Object.keys(tabs)
  return (
    <nav class="tabs" aria-label={label}>
      {Object.entries(tabs).map(([name, text]) => (
        <a
          key={name}
          href={here.value.path + (name === first ? '' : `?tab=${name}`)}
          aria-current={name === current ? 'page' : undefined}
        >
          {text}
        </a>
      ))}
    </nav>
  )
}

/** Returns the tab that the URL names. */
export function currentTab(tabs: Readonly<Record<string, string>>): string {
  const named = here.value.query.get('tab') ?? ''
  return Object.hasOwn(tabs, named) ? named : (Object.keys(tabs)[0] ?? '')
}

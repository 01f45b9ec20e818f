import { useEffect, useState } from 'preact/hooks'
import { caller } from './permissions.ts'
import { BASE, here, pathTo } from './router.ts'
import { ROUTES, type Route } from './routes.ts'
import { signOut, token } from './session.ts'

interface NavigationProps {
  readonly titleId: string | undefined
  readonly path: string
}

/** The pages of the current title, and those of the server. On a narrow screen it opens by a button. */
export function Navigation({ titleId, path }: NavigationProps) {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => setOpen(false), [here.value])
  const inTitle = ROUTES.filter(({ nav }) => nav === 'title')
  const ofServer = ROUTES.filter(({ nav }) => nav === 'server')
  return (
    <header class="nav" data-open={isOpen}>
      <div class="nav-top">
        <a class="nav-brand" href={BASE}>
          Laurel
        </a>
        <button
          type="button"
          class="nav-toggle"
          aria-expanded={isOpen}
          aria-controls="nav-links"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
      </div>
      <div id="nav-links" class="nav-links">
        {titleId !== undefined && (
          <nav aria-label="Title">
            <p class="nav-heading" dir="auto">
              {titleId}
            </p>
            <Links routes={inTitle} titleId={titleId} path={path} />
          </nav>
        )}
        <nav aria-label="Server">
          {titleId !== undefined && <p class="nav-heading">Server</p>}
          <Links routes={ofServer} titleId={titleId} path={path} />
        </nav>
        <CallerName />
      </div>
    </header>
  )
}

function Links({ routes, titleId, path }: NavigationProps & { routes: readonly Route[] }) {
  const targets = routes.map((route) => ({ ...route, href: hrefOf(route, titleId) }))
  // The longest path that begins like this page's: that of a list, on a page of one of its items.
  const [current] = targets
    .filter(({ href }) => path === href || (href !== BASE && path.startsWith(`${href}/`)))
    .sort((a, b) => b.href.length - a.href.length)
  return (
    <ul>
      {targets.map(({ title, href }) => (
        <li key={href}>
          <a href={href} aria-current={href === current?.href ? 'page' : undefined}>
            {title}
          </a>
        </li>
      ))}
    </ul>
  )
}

function hrefOf({ path }: Route, titleId: string | undefined): string {
  if (path === '') return BASE
  return pathTo(...path.split('/').map((part) => (part === ':title' ? (titleId ?? '') : part)))
}

function CallerName() {
  const { name = '', kind = '' } = caller.value ?? {}
  return (
    <div class="nav-caller">
      {name !== '' && (
        <span class="muted" title={kind.replace('CALLER_KIND_', '').toLowerCase()}>
          {name}
        </span>
      )}
      {token.value !== undefined && (
        <button type="button" class="quiet" onClick={signOut}>
          Sign out
        </button>
      )}
    </div>
  )
}

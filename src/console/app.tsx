import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { messageOf } from './api-error.ts'
import { Navigation } from './navigation.tsx'
import type { PageProps } from './page-props.ts'
import { Failure } from './parts/failure.tsx'
import { Page } from './parts/page.tsx'
import { Toasts } from './parts/toast.tsx'
import { BASE, here } from './router.ts'
import { type Match, matchRoute } from './routes.ts'
import { SignIn } from './sign-in.tsx'

/** The navigation, the page of the URL, and what lies above both. */
export function App() {
  const { path } = here.value
  const match = matchRoute(path)
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <div class="app">
        <Navigation titleId={match?.parameters['title']} path={path} />
        <main id="main" tabIndex={-1}>
          {match === undefined ? <UnknownPage /> : <Loaded match={match} path={path} />}
        </main>
      </div>
      <Toasts />
      <SignIn />
    </>
  )
}

/** A page whose chunk may still load. The path is its key, so that no state of one record shows another one. */
function Loaded({ match, path }: { match: Match; path: string }) {
  const { route, parameters } = match
  const [loaded, setLoaded] = useState<{ of: unknown; page: ComponentType<PageProps> }>()
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    document.title = [
      parameters['achievement'] ?? parameters['player'] ?? parameters['title'],
      route.title,
      'Laurel',
    ]
      .filter(Boolean)
      .join(' · ')
  }, [path])
  useEffect(() => {
    let isCurrent = true
    setError(undefined)
    route
      .load()
      .then((page) => isCurrent && setLoaded({ of: route, page }))
      .catch((thrown) => isCurrent && setError(thrown))
    return () => {
      isCurrent = false
    }
  }, [route])
  if (error !== undefined) {
    return <Failure error={new Error(`the page cannot be loaded: ${messageOf(error)}`)} />
  }
  if (loaded?.of !== route) return null
  return <loaded.page key={path} parameters={parameters} />
}

function UnknownPage() {
  return (
    <Page title="There is no such page">
      <p>
        Check the address, or begin with the <a href={BASE}>titles</a>.
      </p>
    </Page>
  )
}

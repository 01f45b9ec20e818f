import { render } from 'preact'
import { App } from './app.tsx'
import { startRouter } from './router.ts'
import { returnFromSignIn } from './sign-in-return.ts'

if (!returnFromSignIn()) {
  startRouter()
  render(<App />, document.body)
}

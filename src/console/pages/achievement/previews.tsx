import { useState } from 'preact/hooks'
import type {
  DialectJson,
  DialectPreviewJson,
} from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { ApiError } from '../../api-error.ts'
import { Failure } from '../../parts/failure.tsx'
import { DialectPanel } from './dialect-panel.tsx'

interface PreviewsProps {
  readonly previews: readonly DialectPreviewJson[] | undefined
  readonly dialects: readonly DialectJson[]
  readonly error: unknown
  readonly locales: readonly string[]
  readonly locale: string
  readonly onLocale: (locale: string) => void
}

/** How each platform shows the draft. The last previews stay while the next ones are made, and while the draft is invalid. */
export function Previews({ previews = [], dialects, error, locales, locale, onLocale }: PreviewsProps) {
  const [view, setView] = useState<'card' | 'json'>('card')
  const nameOf = (dialect: string | undefined) =>
    dialects.find((each) => each.dialect === dialect)?.displayName ?? dialect ?? ''
  return (
    <aside class="previews" aria-label="Platforms">
      <div class="actions">
        <fieldset class="segmented">
          <legend class="visually-hidden">Show</legend>
          {(['card', 'json'] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="view" checked={view === each} onChange={() => setView(each)} />
              <span>{each === 'card' ? 'As players see it' : 'JSON'}</span>
            </label>
          ))}
        </fieldset>
        <select
          aria-label="Language of the previews"
          value={locale}
          onChange={({ currentTarget }) => onLocale(currentTarget.value)}
        >
          <option value="">Default language</option>
          {locales.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </div>
      {error !== undefined && !(error instanceof ApiError && error.violations.length > 0) && (
        <Failure error={error} />
      )}
      {previews.map((preview) => (
        <DialectPanel
          key={preview.dialect}
          name={nameOf(preview.dialect)}
          preview={preview}
          locale={locale}
          view={view}
        />
      ))}
    </aside>
  )
}

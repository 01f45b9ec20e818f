import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Failure } from '../../parts/failure.tsx'
import { Page } from '../../parts/page.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { here, setQuery } from '../../router.ts'
import { Export } from './export.tsx'
import { Import } from './import.tsx'

const VIEWS = { import: 'Import', export: 'Export' } as const

/** Documents of a title, in and out. */
export function Exchange({ parameters: { title: titleId = '' } }: PageProps) {
  const { data: dialects = [], error } = useQuery(
    async (signal) => (await api.exchange.listDialects({}, signal)).dialects ?? [],
    [],
  )
  const view = here.value.query.get('view') === 'export' ? 'export' : 'import'
  const mayImport = can('update', 'ACHIEVEMENT', titleId)
  return (
    <Page
      title="Import and export"
      actions={
        <fieldset class="segmented">
          <legend class="visually-hidden">Direction</legend>
          {(Object.keys(VIEWS) as (keyof typeof VIEWS)[]).map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="direction"
                checked={view === each}
                onChange={() => setQuery({ view: each === 'export' ? each : undefined })}
              />
              <span>{VIEWS[each]}</span>
            </label>
          ))}
        </fieldset>
      }
    >
      {error !== undefined && <Failure error={error} />}
      {view === 'export' && <Export titleId={titleId} dialects={dialects} />}
      {view === 'import' && mayImport && <Import titleId={titleId} dialects={dialects} />}
      {view === 'import' && !mayImport && (
        <p class="muted">Your credential may not change this title’s definitions.</p>
      )}
    </Page>
  )
}

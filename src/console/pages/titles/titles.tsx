import { useState } from 'preact/hooks'
import type { TitleJson } from '../../../clients/typescript/gen/laurel/v1/title_pb.js'
import { api } from '../../api.ts'
import { dialectName } from '../../dialects.ts'
import { Failure } from '../../parts/failure.tsx'
import { formatTime, plural } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useDebounced } from '../../parts/use-debounced.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { here, pathTo, setQuery } from '../../router.ts'
import { CreateTitle } from './create-title.tsx'
import { NoTitles, OpenTitle } from './no-titles.tsx'

const PAGE_SIZE = 200

/** The titles of the server. */
export function Titles() {
  const query = here.value.query.get('q') ?? ''
  const [isCreating, setCreating] = useState(false)
  const settled = useDebounced(query)
  const { data, error, reload } = useQuery(
    (signal) => api.titles.listTitles({ query: settled, pageSize: PAGE_SIZE }, signal),
    [settled],
  )
  const { titles = [], totalSize = 0 } = data ?? {}
  const isEmpty = data !== undefined && titles.length === 0
  return (
    <Page
      title="Titles"
      about={data === undefined ? 'Games, which own achievements and stats' : plural(totalSize, 'title')}
      actions={
        <>
          <input
            type="search"
            aria-label="Search titles"
            placeholder="Id or name"
            value={query}
            onInput={({ currentTarget }) => setQuery({ q: currentTarget.value })}
          />
          {can('create', 'TITLE') && (
            <button type="button" class="primary" onClick={() => setCreating(true)}>
              New title
            </button>
          )}
        </>
      }
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {error !== undefined && <OpenTitle />}
      {isEmpty && query !== '' && <p class="muted">No title has “{query}” in its id or name.</p>}
      {isEmpty && query === '' && <NoTitles onCreate={() => setCreating(true)} />}
      {titles.length > 0 && <TitleTable titles={titles} />}
      {titles.length < totalSize && (
        <p class="muted">The first {plural(titles.length, 'title')}: search for the others.</p>
      )}
      {isCreating && <CreateTitle onClose={() => setCreating(false)} />}
    </Page>
  )
}

function TitleTable({ titles }: { titles: readonly TitleJson[] }) {
  return (
    <TableFrame label="Titles">
      <table>
        <thead>
          <tr>
            <th scope="col">Title</th>
            <th scope="col">Name</th>
            <th scope="col">Bound to</th>
            <th scope="col">Changed</th>
          </tr>
        </thead>
        <tbody>
          {titles.map(({ titleId = '', displayName, bindings = {}, updateTime }) => (
            <tr key={titleId}>
              <th scope="row">
                <a href={pathTo('titles', titleId)} dir="auto">
                  {titleId}
                </a>
              </th>
              <td>
                <span class="clamped" dir="auto">
                  {displayName}
                </span>
              </td>
              <td>
                {Object.keys(bindings).map(dialectName).join(', ') || <span class="muted">nothing</span>}
              </td>
              <td class="muted">{formatTime(updateTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

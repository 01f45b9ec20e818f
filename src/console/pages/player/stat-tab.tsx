import type { ContributionJson } from '../../../clients/typescript/gen/laurel/v1/community_pb.js'
import type { StatValueJson } from '../../../clients/typescript/gen/laurel/v1/stat_pb.js'
import { api } from '../../api.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatNumber, formatTime } from '../../parts/format.ts'
import { TableFrame } from '../../parts/table-frame.tsx'
import { usePages } from '../../parts/use-pages.ts'
import { useQuery } from '../../parts/use-query.ts'
import { pathTo } from '../../router.ts'

interface StatTabProps {
  readonly titleId: string
  readonly playerId: string
}

/** The player's values of stats, and the contributions to goals of all players. */
export function StatTab({ titleId, playerId }: StatTabProps) {
  const values = useQuery(
    async (signal) => (await api.stats.listStatValues({ titleId, playerId }, signal)).values ?? [],
    [titleId, playerId],
  )
  const contributions = usePages(
    async (pageToken, signal) => {
      const page = await api.community.listContributions(
        { titleId, playerId, pageSize: 1000, pageToken },
        signal,
      )
      return { items: page.contributions ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId, playerId],
  )
  return (
    <>
      {values.error !== undefined && <Failure error={values.error} onRetry={values.reload} />}
      {values.data?.length === 0 && (
        <Empty title="No stat has a value of this player">
          <p class="muted">A report of a stat stores its value. Until then, each has its default.</p>
        </Empty>
      )}
      {values.data !== undefined && values.data.length > 0 && <ValueTable values={values.data} />}
      {contributions.error !== undefined && (
        <Failure error={contributions.error} onRetry={contributions.reload} />
      )}
      {contributions.items.length > 0 && (
        <>
          <h2>Contributions to community goals</h2>
          <ContributionTable titleId={titleId} contributions={contributions.items} />
        </>
      )}
    </>
  )
}

function ValueTable({ values }: { values: readonly StatValueJson[] }) {
  return (
    <TableFrame label="Stats">
      <table>
        <thead>
          <tr>
            <th scope="col">Stat</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col">First written</th>
            <th scope="col">Last written</th>
          </tr>
        </thead>
        <tbody>
          {values.map(({ statCode, value = 0, createTime, updateTime }) => (
            <tr key={statCode}>
              <th scope="row">
                <code dir="auto">{statCode}</code>
              </th>
              <td class="number">{formatNumber(Number(value))}</td>
              <td class="muted nowrap">{formatTime(createTime)}</td>
              <td class="muted nowrap">{formatTime(updateTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

interface ContributionTableProps {
  readonly titleId: string
  readonly contributions: readonly ContributionJson[]
}

function ContributionTable({ titleId, contributions }: ContributionTableProps) {
  return (
    <TableFrame label="Contributions">
      <table>
        <thead>
          <tr>
            <th scope="col">Goal</th>
            <th scope="col" class="number">
              Contribution
            </th>
            <th scope="col">Reward</th>
            <th scope="col">Last contribution</th>
          </tr>
        </thead>
        <tbody>
          {contributions.map(({ achievementId = '', value = 0, claimTime, claimable, updateTime }) => (
            <tr key={achievementId}>
              <th scope="row">
                <a href={pathTo('titles', titleId, 'community', achievementId)} dir="auto">
                  {achievementId}
                </a>
              </th>
              <td class="number">{formatNumber(Number(value))}</td>
              <td class="nowrap">
                {claimTime !== undefined && `Claimed ${formatTime(claimTime)}`}
                {claimable && <Chip kind="accent">Can be claimed</Chip>}
              </td>
              <td class="muted nowrap">{formatTime(updateTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

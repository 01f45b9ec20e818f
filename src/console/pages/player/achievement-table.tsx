import { useRef } from 'preact/hooks'
import type { AchievementDeliveryJson } from '../../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type { PlayerAchievementJson } from '../../../clients/typescript/gen/laurel/v1/progress_pb.js'
import { Gap } from '../../parts/gap.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useVisibleRows } from '../../parts/use-visible-rows.ts'
import { can } from '../../permissions.ts'
import { AchievementRow, type RowActions } from './achievement-row.tsx'

/** As in player.css. */
const ROW_HEIGHT = 48

interface AchievementTableProps extends RowActions {
  /** The filtered list. */
  readonly rows: readonly PlayerAchievementJson[]
  readonly titleId: string
  readonly destinations: readonly DestinationJson[]
  readonly deliveryOf: (achievementId: string) => readonly AchievementDeliveryJson[]
}

/** The achievements of a player, of which only the rows on the screen are in the page. */
export function AchievementTable(props: AchievementTableProps) {
  const { rows, titleId, destinations, deliveryOf, ...actions } = props
  const frame = useRef<HTMLElement>(null)
  const { start, end, above, below } = useVisibleRows(frame, rows.length, ROW_HEIGHT)
  const [canUpdate, canReset] = [can('update', 'PROGRESS', titleId), can('delete', 'PROGRESS', titleId)]
  const columnCount = 5 + destinations.length
  return (
    <TableFrame label="Achievements" class="player-achievements" frameRef={frame}>
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col">Achievement</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col">Unlocked</th>
            {destinations.map(({ destinationId = '', dialect }) => (
              <th key={destinationId} scope="col" title={dialect} dir="auto">
                {destinationId}
              </th>
            ))}
            <th scope="col">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Gap height={above} columnCount={columnCount} />
          {rows.slice(start, end).map((item, index) => (
            <AchievementRow
              key={item.achievement?.achievementId}
              item={item}
              titleId={titleId}
              destinations={destinations}
              deliveries={deliveryOf(item.achievement?.achievementId ?? '')}
              rowIndex={start + index + 2}
              canUpdate={canUpdate}
              canReset={canReset}
              {...actions}
            />
          ))}
          <Gap height={below} columnCount={columnCount} />
        </tbody>
      </table>
    </TableFrame>
  )
}

import { useCallback, useRef, useState } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { Gap } from '../../parts/gap.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useVisibleRows } from '../../parts/use-visible-rows.ts'
import { AchievementRow, type RowActions, type RowContext } from './achievement-row.tsx'
import { useDialectStates } from './dialect-states.ts'

const ROW_HEIGHT = 48

interface AchievementTableProps extends Pick<RowActions, 'onSelect'> {
  readonly titleId: string
  /** The filtered list. */
  readonly rows: readonly AchievementJson[]
  readonly dialects: readonly DialectJson[]
  readonly context: RowContext
  readonly selected: ReadonlySet<string>
  /** Moves an achievement to a position of the whole list. */
  readonly onMove: (achievementId: string, position: number) => void
  readonly onSelectAll: (isSelected: boolean) => void
}

/** The achievements, of which only the rows on the screen are in the page. */
export function AchievementTable(props: AchievementTableProps) {
  const { titleId, rows, dialects, context, selected, onSelectAll, onMove } = props
  const frame = useRef<HTMLElement>(null)
  const visible = useVisibleRows(frame, rows.length, ROW_HEIGHT)
  const shown = rows.slice(visible.start, visible.end)
  const stateOf = useDialectStates(titleId, shown)
  const [dragged, setDragged] = useState<string>()
  const drop = (target: AchievementJson) => {
    setDragged(undefined)
    if (dragged !== undefined && dragged !== target.achievementId) onMove(dragged, target.listOrder ?? 1)
  }
  const latest = useRef(rows)
  latest.current = rows
  const step = useCallback(
    (achievementId: string, by: number) => {
      const index = latest.current.findIndex((row) => row.achievementId === achievementId)
      const target = latest.current[index + by]
      if (target !== undefined) onMove(achievementId, target.listOrder ?? 1)
    },
    [onMove],
  )
  const columnCount = 9 + dialects.length
  const isAllSelected = rows.length > 0 && rows.every(({ achievementId = '' }) => selected.has(achievementId))
  return (
    <TableFrame label="Achievements" class="achievements" frameRef={frame}>
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col" class="order">
              {!context.canUpdate ? (
                <span class="visually-hidden">Position</span>
              ) : (
                <input
                  type="checkbox"
                  aria-label="Select all"
                  checked={isAllSelected}
                  onChange={({ currentTarget }) => onSelectAll(currentTarget.checked)}
                />
              )}
            </th>
            <th scope="col">Achievement</th>
            <th scope="col">State</th>
            <th scope="col">Goal</th>
            <th scope="col" class="number">
              Points
            </th>
            <th scope="col">Tags</th>
            <th scope="col" class="number">
              Unlocked
            </th>
            <th scope="col" class="number">
              Languages
            </th>
            {dialects.map(({ dialect = '', displayName }) => (
              <th key={dialect} scope="col" class="dialect">
                {displayName}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={visible.above} columnCount={columnCount} />
          {shown.map((achievement, index) => (
            <AchievementRow
              key={achievement.achievementId}
              achievement={achievement}
              dialects={dialects}
              states={stateOf(achievement)}
              context={context}
              rowIndex={visible.start + index + 2}
              isSelected={selected.has(achievement.achievementId ?? '')}
              isDragged={dragged === achievement.achievementId}
              onSelect={props.onSelect}
              onStep={step}
              onDrag={setDragged}
              onDrop={drop}
            />
          ))}
          <Gap height={visible.below} columnCount={columnCount} />
        </tbody>
      </table>
    </TableFrame>
  )
}

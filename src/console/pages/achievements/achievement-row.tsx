import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { Chip } from '../../parts/chip.tsx'
import { memo } from '../../parts/memo.ts'
import { Picture } from '../../parts/picture.tsx'
import {
  goalOf,
  iconOf,
  LIFECYCLES,
  lifecycleOf,
  missingLocales,
  nameOf,
  pointsOf,
  textIn,
} from '../../records/achievement.ts'
import { pathTo } from '../../router.ts'
import { DialectCell } from './dialect-cell.tsx'
import type { DialectState } from './dialect-states.ts'

/** The values that all rows of the table share. */
export interface RowContext {
  readonly titleId: string
  /** The language of the names; empty for each one's own. */
  readonly locale: string
  /** The languages of the title. */
  readonly locales: readonly string[]
  readonly canUpdate: boolean
  /** The percentage of players by achievement; undefined if it is unknown. */
  readonly unlockedPercent: (achievementId: string) => number | undefined
}

export interface RowActions {
  readonly onSelect: (achievementId: string, isSelected: boolean) => void
  /** Moves an achievement to the place of the row above (-1) or below (1). */
  readonly onStep: (achievementId: string, step: number) => void
}

interface AchievementRowProps extends RowActions {
  readonly achievement: AchievementJson
  readonly dialects: readonly DialectJson[]
  readonly states: Readonly<Record<string, DialectState>> | undefined
  readonly context: RowContext
  readonly rowIndex: number
  readonly isSelected: boolean
  readonly isDragged: boolean
  readonly onDrag: (achievementId: string | undefined) => void
  readonly onDrop: (target: AchievementJson) => void
}

/** Scrolling renders the table for each row that it uncovers: rows that stay are not rendered again. */
export const AchievementRow = memo(function AchievementRow(props: AchievementRowProps) {
  const { achievement, dialects, states, context, isSelected, onSelect, onDrop } = props
  const { achievementId = '', tags = [] } = achievement
  const percent = context.unlockedPercent(achievementId)
  return (
    <tr
      aria-rowindex={props.rowIndex}
      class={props.isDragged ? 'dragged' : ''}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        onDrop(achievement)
      }}
    >
      <td class="order">
        {context.canUpdate && (
          <span>
            <input
              type="checkbox"
              aria-label={`Select ${achievementId}`}
              checked={isSelected}
              onChange={({ currentTarget }) => onSelect(achievementId, currentTarget.checked)}
            />
            <Handle {...props} />
          </span>
        )}
      </td>
      <th scope="row">
        <NameCell achievement={achievement} context={context} />
      </th>
      <td>
        <StateChips achievement={achievement} />
      </td>
      <td class="goal" title={goalOf(achievement)}>
        {goalOf(achievement)}
      </td>
      <td class="number">{pointsOf(achievement) || ''}</td>
      <td>
        <span class="tags" dir="auto" title={tags.join(', ')}>
          {tags.join(', ')}
        </span>
      </td>
      <td class="number">{percent === undefined ? '' : PERCENT.format(percent / 100)}</td>
      <td class="number">
        <Languages achievement={achievement} locales={context.locales} />
      </td>
      {dialects.map(({ dialect = '' }) => (
        <td key={dialect}>
          <DialectCell id={achievement.ids?.[dialect]} state={states?.[dialect]} />
        </td>
      ))}
    </tr>
  )
})

const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** Moves the row: by dragging, and by the arrow keys. */
function Handle({ achievement, onStep, onDrag }: AchievementRowProps) {
  const { achievementId = '', listOrder = 1 } = achievement
  const move = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    onStep(achievementId, step)
  }
  return (
    <button
      type="button"
      class="handle"
      draggable
      aria-label={`Move ${achievementId}: position ${listOrder}. The arrow keys move it`}
      title="Drag, or press the arrow keys"
      onKeyDown={move}
      onDragStart={(event) => {
        event.dataTransfer?.setData('text/plain', achievementId)
        onDrag(achievementId)
      }}
      onDragEnd={() => onDrag(undefined)}
    >
      {listOrder}
    </button>
  )
}

function NameCell({
  achievement,
  context: { titleId, locale },
}: Pick<AchievementRowProps, 'achievement' | 'context'>) {
  const { achievementId = '' } = achievement
  const isMissing = locale !== '' && !textIn(achievement.name, locale)
  return (
    <span class="name-cell">
      <Picture url={iconOf(achievement, 'UNLOCKED')?.url} name={nameOf(achievement)} size={32} />
      <span class="name-lines">
        <a href={pathTo('titles', titleId, 'achievements', achievementId)} dir="auto">
          {nameOf(achievement, locale)}
        </a>
        <span class="code">
          <code dir="auto">{achievementId}</code>
          {isMissing && <span class="muted"> no {locale}</span>}
        </span>
      </span>
    </span>
  )
}

function StateChips({ achievement }: { achievement: AchievementJson }) {
  const lifecycle = lifecycleOf(achievement)
  const { hidden, kind, participation } = achievement
  return (
    <span class="state-chips">
      {lifecycle !== 'LIVE' && (
        <Chip kind={lifecycle === 'DRAFT' ? 'accent' : 'neutral'}>{LIFECYCLES[lifecycle]}</Chip>
      )}
      {hidden && <Chip>Hidden</Chip>}
      {kind === 'ACHIEVEMENT_KIND_CHALLENGE' && <Chip>Challenge</Chip>}
      {participation === 'PARTICIPATION_COMMUNITY' && <Chip>Community</Chip>}
      {participation === 'PARTICIPATION_GROUP' && <Chip>Group</Chip>}
    </span>
  )
}

function Languages({ achievement, locales }: { achievement: AchievementJson; locales: readonly string[] }) {
  const missing = missingLocales(achievement, locales)
  if (locales.length === 0) return null
  const text = `${locales.length - missing.length}/${locales.length}`
  if (missing.length === 0) return <span class="muted">{text}</span>
  return (
    <Chip kind="warning" title={`missing: ${missing.join(', ')}`}>
      {text}
    </Chip>
  )
}

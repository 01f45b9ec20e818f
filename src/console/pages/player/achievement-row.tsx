import type { AchievementDeliveryJson } from '../../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type {
  PlayerAchievementJson,
  ProgressJson,
} from '../../../clients/typescript/gen/laurel/v1/progress_pb.js'
import { AchievementName } from '../../parts/achievement-name.tsx'
import { Chip, type ChipKind } from '../../parts/chip.tsx'
import { formatPercent, formatTime } from '../../parts/format.ts'
import { memo } from '../../parts/memo.ts'
import { deliveryStateOf } from '../../records/delivery.ts'
import {
  PRECISIONS,
  PROGRESS_STATES,
  type ProgressStateName,
  progressStateOf,
  valuesOf,
} from '../../records/progress.ts'
import type { Enforcement, EnforcementVerb } from './enforcement.tsx'

export interface RowActions {
  readonly onDelivery: (destination: DestinationJson, delivery: AchievementDeliveryJson) => void
  readonly onEnforce: (enforcement: Enforcement) => void
}

interface AchievementRowProps extends RowActions {
  readonly item: PlayerAchievementJson
  readonly titleId: string
  readonly destinations: readonly DestinationJson[]
  readonly deliveries: readonly AchievementDeliveryJson[]
  readonly rowIndex: number
  readonly canUpdate: boolean
  readonly canReset: boolean
}

const CHIPS: Readonly<Record<ProgressStateName, ChipKind>> = {
  unlocked: 'good',
  in_progress: 'neutral',
  locked: 'neutral',
  revoked: 'bad',
}

export const AchievementRow = memo(function AchievementRow(props: AchievementRowProps) {
  const { item, titleId, destinations, deliveries, rowIndex } = props
  const { achievement = {}, progress = {} } = item
  const state = progressStateOf(progress)
  return (
    <tr aria-rowindex={rowIndex}>
      <th scope="row">
        <AchievementName
          achievement={achievement}
          titleId={titleId}
          state={state === 'unlocked' ? 'UNLOCKED' : 'LOCKED'}
        />
      </th>
      <td>
        {state === 'locked' ? (
          <span class="muted">{PROGRESS_STATES[state]}</span>
        ) : (
          <Chip kind={CHIPS[state]}>{PROGRESS_STATES[state]}</Chip>
        )}
      </td>
      <td>
        <Percent item={item} />
      </td>
      <td>
        <UnlockTime progress={progress} />
      </td>
      {destinations.map((destination) => (
        <td key={destination.destinationId}>
          <DeliveryCell
            destination={destination}
            delivery={deliveries.find((each) => each.destinationId === destination.destinationId)}
            onDelivery={props.onDelivery}
          />
        </td>
      ))}
      <td class="row-actions">
        <Actions {...props} state={state} />
      </td>
    </tr>
  )
})

function Percent({ item }: { item: PlayerAchievementJson }) {
  const { percent = 0 } = item.progress ?? {}
  return (
    <span class="percent">
      <progress value={percent} max={100} aria-label={`Progress on ${item.achievement?.achievementId}`} />
      <span class="number">{formatPercent(percent)}</span>
      <span class="muted values">{valuesOf(item)}</span>
    </span>
  )
}

function UnlockTime({ progress: { unlockTime, unlockPrecision } }: { progress: ProgressJson }) {
  const precision = unlockPrecision && PRECISIONS[unlockPrecision]
  return (
    <span class="nowrap" title={unlockTime}>
      {formatTime(unlockTime)} {precision !== undefined && <span class="muted">{precision}</span>}
    </span>
  )
}

interface DeliveryCellProps extends Pick<RowActions, 'onDelivery'> {
  readonly destination: DestinationJson
  readonly delivery: AchievementDeliveryJson | undefined
}

function DeliveryCell({ destination, delivery, onDelivery }: DeliveryCellProps) {
  if (delivery === undefined) return <span class="muted">Never</span>
  const { label, kind } = deliveryStateOf(delivery, destination)
  return (
    <Chip kind={kind} title={delivery.error || undefined} onClick={() => onDelivery(destination, delivery)}>
      {label}
    </Chip>
  )
}

function Actions({
  item,
  titleId,
  state,
  canUpdate,
  canReset,
  onEnforce,
}: AchievementRowProps & { state: ProgressStateName }) {
  const { achievement = {} } = item
  const button = (verb: EnforcementVerb, label: string) => (
    <button
      type="button"
      class="quiet small"
      aria-label={`${label} ${achievement.achievementId}`}
      onClick={() => onEnforce({ verb, titleId, achievement })}
    >
      {label}
    </button>
  )
  const isLocked = state === 'locked' || state === 'in_progress'
  const isShared = achievement.participation === 'PARTICIPATION_COMMUNITY'
  return (
    <>
      {canUpdate && isLocked && !isShared && button('grant', 'Grant')}
      {canUpdate && state === 'unlocked' && button('revoke', 'Revoke')}
      {canUpdate && state === 'revoked' && button('restore', 'Restore')}
      {canReset && state !== 'locked' && button('reset', 'Reset')}
    </>
  )
}

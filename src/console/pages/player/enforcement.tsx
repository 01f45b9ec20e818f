import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { ProgressJson } from '../../../clients/typescript/gen/laurel/v1/progress_pb.js'
import { api } from '../../api.ts'
import { plural } from '../../parts/format.ts'
import { ReasonDialog } from '../../parts/reason-dialog.tsx'
import { toast } from '../../parts/toast.tsx'
import { nameOf } from '../../records/achievement.ts'

export type EnforcementVerb = 'grant' | 'revoke' | 'restore' | 'reset'

/** A change of a player's progress by a person. */
export interface Enforcement {
  readonly verb: EnforcementVerb
  readonly titleId: string
  readonly achievement: AchievementJson
}

interface Request {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
  readonly reason: string
}

interface Verb {
  readonly action: string
  /** The effect, for people. */
  readonly effect: string
  readonly done: string
  readonly call: (request: Request) => Promise<{ readonly progress?: ProgressJson }>
}

const VERBS: Readonly<Record<EnforcementVerb, Verb>> = {
  grant: {
    action: 'Grant',
    effect: 'It unlocks now, whatever it requires, and is delivered like any other unlock.',
    done: 'The achievement is granted.',
    call: (request) => api.progress.grantAchievement(request),
  },
  revoke: {
    action: 'Revoke',
    effect:
      'It no longer counts for the player. The progress and the unlock time are kept for a later restore.',
    done: 'The unlock is revoked.',
    call: (request) => api.progress.revokeAchievement(request),
  },
  restore: {
    action: 'Restore',
    effect: 'It counts again, with its unlock time from before.',
    done: 'The unlock is restored.',
    call: (request) => api.progress.restoreAchievement(request),
  },
  reset: {
    action: 'Reset',
    effect: 'The progress is deleted, and the player can unlock it again. Values of stats stay.',
    done: 'The progress is reset.',
    call: async (request) => {
      await api.progress.resetProgress(request)
      const { reason: _, ...key } = request
      return api.progress.getProgress(key)
    },
  },
}

interface EnforcementDialogProps {
  readonly enforcement: Enforcement
  readonly playerId: string
  readonly onClose: () => void
  readonly onChanged: (progress: ProgressJson) => void
}

export function EnforcementDialog({ enforcement, playerId, onClose, onChanged }: EnforcementDialogProps) {
  const { verb, titleId, achievement } = enforcement
  const { achievementId = '' } = achievement
  const { action, effect, done, call } = VERBS[verb]
  const confirm = async (reason: string) => {
    const { progress } = await call({ titleId, playerId, achievementId, reason })
    if (progress !== undefined) onChanged(progress)
    toast(done)
  }
  return (
    <ReasonDialog title={`${action} the achievement`} action={action} onClose={onClose} onConfirm={confirm}>
      <p>
        <strong dir="auto">{nameOf(achievement)}</strong> <code dir="auto">{achievementId}</code>
      </p>
      <p>{effect}</p>
    </ReasonDialog>
  )
}

interface ResetAllDialogProps {
  readonly titleId: string
  readonly playerId: string
  readonly onClose: () => void
  readonly onChanged: () => void
}

export function ResetAllDialog({ titleId, playerId, onClose, onChanged }: ResetAllDialogProps) {
  const confirm = async (reason: string) => {
    const { resetCount = 0 } = await api.progress.resetProgress({ titleId, playerId, reason })
    toast(`${plural(resetCount, 'achievement')} reset.`)
    onChanged()
  }
  return (
    <ReasonDialog
      title="Reset all progress"
      action="Reset all"
      typed="RESET"
      onClose={onClose}
      onConfirm={confirm}
    >
      <p>
        The player’s progress on every achievement of <span dir="auto">{titleId}</span> is deleted. Values of
        stats stay.
      </p>
    </ReasonDialog>
  )
}

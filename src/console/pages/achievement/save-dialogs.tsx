import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { api } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Diff } from '../../parts/diff.tsx'
import { plural } from '../../parts/format.ts'
import { useQuery } from '../../parts/use-query.ts'
import { changedFields, changesBetween } from '../../records/changes.ts'

interface SaveDialogProps {
  readonly saved: AchievementJson
  readonly draft: AchievementJson
  readonly onSave: () => Promise<void>
  readonly onClose: () => void
}

/** Shows what a save changes, and for how many players it unlocks the achievement, before it is stored. */
export function SaveDialog({ saved, draft, onSave, onClose }: SaveDialogProps) {
  const { data: unlockCount = 0 } = useQuery(async (signal) => {
    const updateMask = changedFields(saved, draft).join(',')
    // A conflict is found by the save.
    const achievement = { ...draft, etag: '' }
    const checked = await api.achievements.updateAchievement(
      { achievement, updateMask, validateOnly: true },
      signal,
    )
    return Number(checked.unlockCount ?? 0)
  }, [])
  return (
    <Confirm title="Save these changes?" action="Save" wide onClose={onClose} onConfirm={onSave}>
      <Diff changes={changesBetween(saved, draft)} headings={['Stored', 'New']} />
      {unlockCount > 0 && (
        <p>
          <strong>It unlocks the achievement for {plural(unlockCount, 'player')}</strong>, in the background.
        </p>
      )}
    </Confirm>
  )
}

interface ConflictDialogProps {
  readonly saved: AchievementJson
  readonly draft: AchievementJson
  readonly theirs: AchievementJson
  readonly onResolve: (keepMine: boolean) => void
}

/** Shows the changes of both people since the version that was opened, and lets the reader choose. */
export function ConflictDialog({ saved, draft, theirs, onResolve }: ConflictDialogProps) {
  const [mine, others] = [changesBetween(saved, draft), changesBetween(saved, theirs)]
  const both = changedFields(saved, draft).filter((field) => changedFields(saved, theirs).includes(field))
  return (
    <Dialog title="The achievement was changed meanwhile" wide onClose={undefined}>
      <p>Nothing is stored yet. These are the changes of both versions since you opened the page.</p>
      <h3>Stored meanwhile</h3>
      <Diff
        changes={others}
        headings={['When you opened it', 'Now stored']}
        empty="No field that you can edit."
      />
      <h3>Yours</h3>
      <Diff label="Your changes" changes={mine} headings={['When you opened it', 'Yours']} />
      {both.length > 0 && (
        <p>
          Both versions change <strong>{both.join(', ')}</strong>: with your changes, yours replaces the
          stored one.
        </p>
      )}
      <div class="actions end">
        <button type="button" onClick={() => onResolve(false)}>
          Take the stored version
        </button>
        <button type="button" class="primary" onClick={() => onResolve(true)}>
          Put my changes on top of it
        </button>
      </div>
    </Dialog>
  )
}

import { useState } from 'preact/hooks'
import type {
  AchievementJson,
  AchievementRevisionJson,
} from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { api } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Diff } from '../../parts/diff.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatTime } from '../../parts/format.ts'
import { toast } from '../../parts/toast.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { changesBetween } from '../../records/changes.ts'

interface RevisionsProps {
  readonly titleId: string
  readonly achievementId: string
  readonly current: AchievementJson
  readonly canRestore: boolean
  readonly onRestored: (achievement: AchievementJson) => void
  readonly onClose: () => void
}

/** The stored versions of an achievement, each with its changes, to read and to restore. */
export function Revisions(props: RevisionsProps) {
  const { titleId, achievementId, current, canRestore, onRestored, onClose } = props
  const { data = [], error } = useQuery(
    async (signal) =>
      (await api.achievements.listAchievementRevisions({ titleId, achievementId, pageSize: 100 }, signal))
        .revisions ?? [],
    [titleId, achievementId],
  )
  const [chosen, setChosen] = useState<AchievementRevisionJson>()
  const restore = async () => {
    const { revisionId = '' } = chosen ?? {}
    const { achievement = {} } = await api.achievements.restoreAchievementRevision({
      titleId,
      achievementId,
      revisionId,
      etag: current.etag ?? '',
    })
    toast('The revision is restored')
    onRestored(achievement)
    onClose()
  }
  return (
    <Dialog title="Revisions" wide onClose={onClose}>
      {error !== undefined && <Failure error={error} />}
      <ol class="revisions">
        {data.map((revision, index) => (
          <li key={revision.revisionId}>
            <details>
              <summary>
                {formatTime(revision.time)} · {revision.actor || 'before revisions were kept'}
              </summary>
              <Diff
                label={`Differences of ${revision.revisionId}`}
                changes={changesBetween(data[index + 1]?.achievement ?? {}, revision.achievement ?? {})}
                headings={['Before', 'After']}
              />
              {canRestore && index > 0 && (
                <button type="button" onClick={() => setChosen(revision)}>
                  Restore this revision
                </button>
              )}
            </details>
          </li>
        ))}
      </ol>
      {chosen !== undefined && (
        <Confirm
          title="Restore this revision?"
          action="Restore"
          wide
          onClose={() => setChosen(undefined)}
          onConfirm={restore}
        >
          <p class="muted">The position in the list and the ids at platforms stay as they are.</p>
          <Diff changes={changesBetween(current, chosen.achievement ?? {})} headings={['Now', 'Restored']} />
        </Confirm>
      )}
    </Dialog>
  )
}

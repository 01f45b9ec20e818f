import { useEffect, useState } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import { useEditGuard } from '../../parts/use-edit-guard.ts'
import { changedFields, withFields } from '../../records/changes.ts'

interface Draft {
  /** As stored when it was last read; undefined until then. */
  readonly saved: AchievementJson | undefined
  /** With the unsaved changes. */
  readonly draft: AchievementJson | undefined
  /** The stored version, once a save has found that it is another one than `saved`. */
  readonly theirs: AchievementJson | undefined
  readonly isChanged: boolean
  readonly error: unknown
  readonly set: (changes: Partial<AchievementJson>) => void
  /** Takes a stored version, and drops the changes. */
  readonly replace: (stored: AchievementJson) => void
  /** Stores the changed fields. Returns false if they conflict with a newer version. @throws if the server refuses them */
  readonly save: () => Promise<boolean>
  /** Takes the version of the conflict, with the own changes on top of it or without them. */
  readonly resolve: (keepMine: boolean) => void
}

/** An achievement that is edited. Each save has the etag of the version that was read, so that no change of others is overwritten. */
export function useDraft(titleId: string, achievementId: string): Draft {
  const [saved, setSaved] = useState<AchievementJson>()
  const [draft, setDraft] = useState<AchievementJson>()
  const [theirs, setTheirs] = useState<AchievementJson>()
  const [error, setError] = useState<unknown>()
  const replace = (stored: AchievementJson) => {
    setSaved(stored)
    setDraft(stored)
    setTheirs(undefined)
  }
  const read = async () =>
    (await api.achievements.getAchievement({ titleId, achievementId })).achievement ?? {}
  useEffect(() => {
    read().then(replace, setError)
  }, [titleId, achievementId])
  const fields = saved === undefined || draft === undefined ? [] : changedFields(saved, draft)
  const isChanged = fields.length > 0
  useEditGuard(isChanged, 'Your changes are not saved. Leave the page without them?')
  return {
    saved,
    draft,
    theirs,
    isChanged,
    error,
    replace,
    set: (changes) => setDraft((before) => ({ ...before, ...changes })),
    async save() {
      try {
        const { achievement = {} } = await api.achievements.updateAchievement({
          achievement: { ...draft, etag: saved?.etag ?? '' },
          updateMask: fields.join(','),
        })
        replace(achievement)
        return true
      } catch (thrown) {
        if (!(thrown instanceof ApiError && thrown.reason === 'ETAG_MISMATCH')) throw thrown
        setTheirs(await read())
        return false
      }
    },
    resolve(keepMine) {
      if (theirs === undefined || draft === undefined) return
      setSaved(theirs)
      setDraft(keepMine ? withFields(theirs, draft, fields) : theirs)
      setTheirs(undefined)
    },
  }
}

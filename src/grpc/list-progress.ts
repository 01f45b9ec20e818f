import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { Achievement } from '../gen/laurel/v1/achievement.ts'
import { Progress } from '../gen/laurel/v1/progress.ts'
import type { StoredAchievement } from '../model/achievement.ts'
import type { PlayerProgress } from '../model/progress.ts'
import type { Page } from '../service/services.ts'
import { writeAchievement } from './convert/achievement.ts'
import { writeProgress } from './convert/progress.ts'

/** What definitions and whole pages are on the wire: both stay in memory, the same for many calls. */
const definitions = new WeakMap<StoredAchievement, Uint8Array>()
const pages = new WeakMap<Page<PlayerProgress>, Buffer>()

/** A ListProgressResponse, byte by byte as the generated code writes it. */
export function encodeListProgress(playerId: string, page: Page<PlayerProgress>): Buffer {
  const known = pages.get(page)
  if (known !== undefined) return known
  const bytes = encode(playerId, page)
  pages.set(page, bytes)
  return bytes
}

/** A tag is the number of a field, and that its length comes first. */
const ITEMS = (1 << 3) | 2
const NEXT_PAGE_TOKEN = (2 << 3) | 2
const ACHIEVEMENT = (1 << 3) | 2
const PROGRESS = (2 << 3) | 2

function encode(playerId: string, { items, nextPageToken = '' }: Page<PlayerProgress>): Buffer {
  const writer = new BinaryWriter()
  for (const { achievement, progress } of items) {
    const key = { titleId: achievement.titleId, playerId, achievementId: achievement.id }
    writer.uint32(ITEMS).fork()
    writer.uint32(ACHIEVEMENT).bytes(encodeDefinition(achievement))
    Progress.encode(writeProgress(key, progress), writer.uint32(PROGRESS).fork()).join()
    writer.join()
  }
  if (nextPageToken !== '') writer.uint32(NEXT_PAGE_TOKEN).string(nextPageToken)
  return Buffer.from(writer.finish())
}

function encodeDefinition(achievement: StoredAchievement): Uint8Array {
  const known = definitions.get(achievement)
  if (known !== undefined) return known
  const bytes = Achievement.encode(writeAchievement(achievement)).finish()
  definitions.set(achievement, bytes)
  return bytes
}

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { Achievement } from '../gen/laurel/v1/achievement.ts'
import { Progress } from '../gen/laurel/v1/progress.ts'
import type { StoredAchievement } from '../model/achievement.ts'
import type { PlayerProgress } from '../model/progress.ts'
import type { Page } from '../service/paging.ts'
import { writeAchievement } from './convert/achievement.ts'
import { writeProgress } from './convert/progress.ts'
import { framedMessage } from './framed-message.ts'

/** Encoded definitions and pages, cached as long as their sources are. */
const definitions = new WeakMap<StoredAchievement, Uint8Array>()
const pages = new WeakMap<Page<PlayerProgress>, Buffer>()

/** Returns a ListProgressResponse with the same bytes as the generated encoder. */
export function encodeListProgress(playerId: string, page: Page<PlayerProgress>): Buffer {
  const cached = pages.get(page)
  if (cached !== undefined) return cached
  const bytes = encode(playerId, page)
  pages.set(page, bytes)
  return bytes
}

/** Tags: the field number, and wire type 2 for a length-prefixed value. */
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
  return framedMessage(writer.finish())
}

function encodeDefinition(achievement: StoredAchievement): Uint8Array {
  const cached = definitions.get(achievement)
  if (cached !== undefined) return cached
  const bytes = Achievement.encode(writeAchievement(achievement)).finish()
  definitions.set(achievement, bytes)
  return bytes
}

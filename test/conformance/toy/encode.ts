import type { Canonical, EncodeContext } from '../../../src/dialect/adapter.ts'
import type { LossReport } from '../../../src/dialect/losses.ts'
import { type JsonObject, type JsonValue, sameJson } from '../../../src/model/json.ts'
import { decode } from './decode.ts'

/** Writes the few members there are, reads them back, and reports each field that came back otherwise. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const { title, achievement, progress } = record
  const player = context.account ?? progress?.account
  const entry = {
    ...achievement?.extensions['toy'],
    game: title.binding?.['game'] ?? '',
    id: achievement?.ids['toy'] ?? '',
    slug: achievement?.id ?? progress?.achievementId ?? '',
    title: achievement?.name.text ?? '',
    ...(achievement?.hidden ? { secret: true } : {}),
    ...(progress === undefined ? {} : { done: progress.state === 'achieved' }),
    ...(progress === undefined || player === undefined ? {} : { player }),
  }
  const readBack = decode(entry, { locale: achievement?.name.locale ?? 'en' })
  for (const part of ['title', 'achievement', 'progress', 'summary'] as const) {
    const [before, after] = [members(record[part]), members(readBack[part])]
    for (const [field, value] of Object.entries(before)) {
      if (field === 'ids' || field === 'extensions' || sameJson(value, after[field])) continue
      losses.coerced([part, field], value, after[field], 'a toy has no place for it')
    }
  }
  return entry
}

function members(part: object | undefined): Readonly<Record<string, JsonValue | undefined>> {
  return (part ?? {}) as Readonly<Record<string, JsonValue | undefined>>
}

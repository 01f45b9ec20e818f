import type { Canonical, EncodeContext } from '../../../src/dialect/adapter.ts'
import { type LossRules, measureLosses, readingOf } from '../../../src/dialect/kit/measure-losses.ts'
import type { LossReport } from '../../../src/dialect/losses.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { decode } from './decode.ts'

/** Writes the few members there are, reads them back, and reports each field that came back otherwise. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const { title, achievement, progress } = record
  const player = context.account ?? progress?.account
  const entry = {
    ...achievement?.extensions['toy'],
    game: title.binding?.['game'] ?? '',
    id: achievement?.ids['toy'] ?? progress?.achievementId ?? '',
    slug: achievement?.id ?? progress?.achievementId ?? '',
    title: achievement?.name.text ?? '',
    ...(achievement?.hidden ? { secret: true } : {}),
    ...(progress === undefined ? {} : { done: progress.state === 'achieved' }),
    ...(progress === undefined || player === undefined ? {} : { player }),
  }
  measureLosses(record, decode(entry, readingOf(record, context)), losses, RULES)
  return entry
}

const TEXT = 'a toy has one text, in a language that it does not say'
const RULES: LossRules = {
  dialect: 'toy',
  hasNoRequirements: true,
  reasons: { achievement: { name: TEXT, description: TEXT }, progress: { state: 'a toy is done or not' } },
}

import type { Canonical, EncodeContext } from '../../../src/dialect/adapter.ts'
import { type LossRules, measureLosses } from '../../../src/dialect/kit/measure-losses.ts'
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
    id: achievement?.ids['toy'] ?? '',
    slug: achievement?.id ?? progress?.achievementId ?? '',
    title: achievement?.name.text ?? '',
    ...(achievement?.hidden ? { secret: true } : {}),
    ...(progress === undefined ? {} : { done: progress.state === 'achieved' }),
    ...(progress === undefined || player === undefined ? {} : { player }),
  }
  const readBack = decode(entry, { locale: achievement?.name.locale ?? 'en' })
  measureLosses(record, readBack, losses, RULES)
  return entry
}

const RULES: LossRules = { dialect: 'toy', reasonFor: () => 'a toy has no place for it' }

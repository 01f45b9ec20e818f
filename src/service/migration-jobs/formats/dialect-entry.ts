import type { Adapter } from '../../../dialect/adapter.ts'
import { DecodeError } from '../../../dialect/decode-error.ts'
import type { DocumentEntry } from '../../../dialect/document.ts'
import { EMPTY_OBJECT } from '../../../dialect/empty.ts'
import { decodeEntry } from '../../../dialect/translate.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import type { Quantity } from '../../../model/quantity.ts'
import { DEFAULT_LOCALE } from '../../exchange/read-entries.ts'
import { FieldError } from '../../lines/field-error.ts'
import { readId } from '../../lines/ids.ts'
import { type Refused, withoutReasons } from '../../lines/refused.ts'
import { type MappingContext, playerReader, refusalOf } from '../mapping/compile-mapping.ts'
import { stepsReader } from '../mapping/numbers.ts'

const NONE: readonly never[] = Object.freeze([])

/** @param account of the player, where the entry itself need not name it */
export type MapEntry = (entry: DocumentEntry, account?: string) => readonly (MappedRecord | Refused)[]

/** Returns the function that maps an entry of a dialect. Definitions and totals have no records. */
export function entryMapper(
  mapping: MigrationMapping,
  adapter: Adapter,
  { dialects }: MappingContext,
): MapEntry {
  const titleIds = new Map(Object.entries(mapping.title?.ids ?? {}))
  const achievementIds = new Map(Object.entries(mapping.achievement?.ids ?? {}))
  const usesIdentities = mapping.player?.usesIdentities ?? false
  const playerOf = playerReader({ field: ACCOUNT, dialect: adapter.id, usesIdentities }, dialects)
  return (entry, account) => {
    try {
      if ('error' in entry) throw entry.error
      const decoding = { locale: DEFAULT_LOCALE, envelope: entry.envelope }
      const { title, progress } = decodeEntry(
        adapter,
        withoutReasons(entry.json),
        decoding,
        entry.path,
      ).result
      if (progress === undefined) return NONE
      const named = progress.account ?? account
      if (named === undefined) throw new FieldError(ACCOUNT, ACCOUNT_NEEDED, undefined)
      if (account !== undefined && named !== account)
        throw new FieldError(ACCOUNT, `that of the line, ${account},`, named)
      const ownTitle = Object.values(title.binding ?? {}).find((id) => titleIds.has(id))
      const achievementId = readId('the achievement', progress.achievementId)
      const ours = achievementIds.get(achievementId)
      return [
        {
          titleId: ownTitle === undefined ? undefined : titleIds.get(ownTitle),
          player: playerOf(named),
          achievement: { dialect: ours === undefined ? adapter.id : undefined, id: ours ?? achievementId },
          binding: title.binding,
          unlocked: progress.state === 'achieved',
          percent: progress.percent,
          values: decimalTexts(progress.values),
          unlockTime: progress.unlockTime,
          updateTime: undefined,
          revoked: progress.revoked,
          extensions: progress.extensions,
          progress: undefined,
        },
      ]
    } catch (error) {
      if (error instanceof DecodeError) return [{ refusal: error.message }]
      return [refusalOf(error)]
    }
  }
}

const ACCOUNT = "the player's account"
const ACCOUNT_NEEDED =
  'in each entry: for documents of one player each, take the format player_documents with $file as the player'

function decimalTexts(values: Readonly<Record<string, Quantity>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values)
  if (entries.length === 0) return EMPTY_OBJECT
  return Object.fromEntries(entries.map(([id, value]) => [id, toSteps(value) ?? '0']))
}

const toSteps = stepsReader('the value', 1)

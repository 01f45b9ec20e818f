import type { Canonical, EncodeContext, ProgressFacts } from '../../src/dialect/adapter.ts'
import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import { BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import { measureLosses, readingOf } from '../../src/dialect/kit/measure-losses.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { decode } from './decode.ts'
import {
  DEFINITION_MEMBERS,
  type DefinitionFacts,
  type DefinitionShape,
  type DiscordProgress,
  isIconHash,
  PROGRESS_MEMBERS,
  readDefinition,
  readProgressFacts,
  writeDefinition,
  writeProgressFacts,
} from './facts.ts'
import { LOSS_RULES } from './losses.ts'
import { isSnowflakeText } from './snowflake.ts'
import { readExtension, writeVerbatim } from './verbatim.ts'

/** Writes a definition, with progress beside it where there is some, or progress alone, and measures its losses. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const { title, achievement, progress } = record
  const shape = context.shape ?? (context.purpose === 'progress' ? 'progress' : undefined)
  const defined = achievement !== undefined && shape !== 'progress' ? achievement : undefined
  const entry = {
    ...(defined && encodeDefinition(title.binding?.['application_id'], defined, shape)),
    ...(progress && encodeProgress(record, progress, context, defined !== undefined)),
  }
  const isWritten = (defined ?? progress) !== undefined
  const back = isWritten ? decode(entry, readingOf(record, context)) : BLANK_RECORD
  measureLosses(record, back, losses, LOSS_RULES)
  return entry
}

function encodeDefinition(
  application: string | undefined,
  achievement: Achievement,
  asked: string | undefined,
): JsonObject {
  const stored = readExtension(achievement.extensions['discord'])
  const cameIn: DefinitionShape = stored.shape === 'v10' ? 'v10' : 'v6'
  const shape = asked === 'v6' || asked === 'v10' ? asked : cameIn
  const facts: DefinitionFacts = {
    application,
    name: textOf(achievement.name),
    description: textOf(achievement.description),
    secret: achievement.hidden,
    icon: achievement.media.find(({ role, name }) => role === 'icon' && isIconHash(name))?.name,
    id: achievement.ids['discord'] ?? achievement.id,
    secure: achievement.serverOnly,
  }
  const verbatim = shape === cameIn ? stored.verbatim : EMPTY_OBJECT
  const entry = writeVerbatim(
    facts,
    writeDefinition(facts, shape),
    verbatim,
    DEFINITION_MEMBERS,
    readDefinition,
  )
  return stored.members === EMPTY_OBJECT ? entry : { ...stored.members, ...entry }
}

function encodeProgress(
  { title, achievement }: Canonical,
  progress: ProgressFacts,
  context: EncodeContext,
  withDefinition: boolean,
): JsonObject {
  const stored = readExtension(progress.extensions['discord'])
  const account = context.account ?? progress.account
  const facts: DiscordProgress = {
    user: account !== undefined && isSnowflakeText(account) ? account : undefined,
    achievement: achievement?.ids['discord'] ?? progress.achievementId,
    completion: {
      percent: progress.state === 'achieved' ? 100 : Math.min(99, progress.percent),
      unlockTime: progress.state === 'achieved' ? progress.unlockTime : undefined,
    },
  }
  const plain = writeProgressFacts(facts)
  const entry = writeVerbatim(facts, plain, stored.verbatim, PROGRESS_MEMBERS, readProgressFacts)
  const members = withDefinition ? {} : withApplication(stored.members, title.binding?.['application_id'])
  return { ...members, ...entry }
}

/** Progress alone names its application only if the entry that it was read from did. */
function withApplication(members: JsonObject, application: string | undefined): JsonObject {
  const { application_id: named } = members
  if (named === undefined || application === undefined || String(named) === application) return members
  return { ...members, application_id: application }
}

function textOf({ text, translations }: Achievement['name']): DefinitionFacts['name'] {
  return { text, translations }
}

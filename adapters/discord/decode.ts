import type { Canonical, DecodeContext, ProgressFacts } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { EMPTY_OBJECT, NO_ITEMS } from '../../src/dialect/empty.ts'
import { BLANK_ACHIEVEMENT, BLANK_PROGRESS, BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import type { Achievement, MediaAsset } from '../../src/model/achievement.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Extensions } from '../../src/model/title.ts'
import {
  DEFINITION_MEMBERS,
  type DefinitionFacts,
  type DefinitionShape,
  type DiscordProgress,
  PROGRESS_MEMBERS,
  readDefinition,
  readProgressFacts,
  unusualInDefinition,
  unusualInProgress,
} from './facts.ts'
import { membersWhere } from './members.ts'
import { type EntryExtension, verbatimOf, writeExtension } from './verbatim.ts'

/** Reads a definition, a progress record, or both in one entry. The extension stores everything else. */
export function decode(entry: JsonObject, context: DecodeContext): Canonical {
  const isDefinition = isDefined(entry)
  const isProgress = says(entry, 'achievement_id') || says(entry, 'percent_complete')
  if (!isDefinition && !isProgress) {
    throw new DecodeError([], 'expected an achievement (id, name) or progress on one (achievement_id)')
  }
  const definition = isDefinition ? readDefinition(entry) : undefined
  const progress = isProgress ? readProgressFacts(entry) : undefined
  if (definition !== undefined && progress !== undefined && progress.achievement !== definition.id) {
    throw new DecodeError(['achievement_id'], `expected the id of the same entry, ${definition.id}`)
  }
  const application = (definition ?? progress)?.application
  const binding = application === undefined ? undefined : { application_id: application }
  return {
    ...BLANK_RECORD,
    title: { ...BLANK_RECORD.title, binding },
    achievement:
      definition && achievementOf(definition, definitionExtension(entry, definition, progress), context),
    progress: progress && progressOf(progress, progressExtension(entry, progress, definition)),
  }
}

/** The icon's address on Discord's CDN; empty without an application. */
export function iconAsset(facts: Pick<DefinitionFacts, 'application' | 'id'>, hash: string): MediaAsset {
  const { application, id } = facts
  const folder = `https://cdn.discordapp.com/app-assets/${application}/achievements/${id}/icons`
  return { role: 'icon', name: hash, url: application === undefined ? '' : `${folder}/${hash}.png` }
}

function isDefined(entry: JsonObject): boolean {
  return says(entry, 'id') || says(entry, 'name')
}

function says(entry: JsonObject, member: string): boolean {
  return entry[member] !== undefined && entry[member] !== null
}

function definitionExtension(
  entry: JsonObject,
  facts: DefinitionFacts,
  progress: DiscordProgress | undefined,
): EntryExtension {
  const shape = shapeOf(entry)
  return {
    shape: shape === 'v6' ? undefined : shape,
    verbatim: verbatimOf(entry, unusualInDefinition(entry, facts, shape), DEFINITION_MEMBERS),
    members: membersWhere(entry, progress === undefined ? isNoneOfDefinition : isNoneOfBoth),
  }
}

const OF_DEFINITION: ReadonlySet<string> = new Set(Object.values(DEFINITION_MEMBERS).flat())
const OF_PROGRESS: ReadonlySet<string> = new Set(Object.values(PROGRESS_MEMBERS).flat())

const isNoneOfDefinition = (member: string) => !OF_DEFINITION.has(member)
const isNotProgressMember = (member: string) => !OF_PROGRESS.has(member)
const isNoneOfBoth = (member: string) => isNoneOfDefinition(member) && isNotProgressMember(member)

/** Unknown members of an entry with a definition belong to the definition. */
function progressExtension(
  entry: JsonObject,
  facts: DiscordProgress,
  definition: DefinitionFacts | undefined,
): EntryExtension {
  return {
    shape: undefined,
    verbatim: verbatimOf(entry, unusualInProgress(entry, facts), PROGRESS_MEMBERS),
    members: definition === undefined ? membersWhere(entry, isNotProgressMember) : EMPTY_OBJECT,
  }
}

/** The shape of an entry that `decode` takes. */
export function shapeNameOf(entry: JsonObject): DefinitionShape | 'progress' {
  return isDefined(entry) ? shapeOf(entry) : 'progress'
}

function shapeOf(entry: JsonObject): DefinitionShape {
  const { name, name_localizations: names, description_localizations: descriptions } = entry
  return typeof name === 'string' || names !== undefined || descriptions !== undefined ? 'v10' : 'v6'
}

function achievementOf(
  facts: DefinitionFacts,
  stored: EntryExtension,
  { locale }: DecodeContext,
): Achievement {
  const { name, description } = facts
  return {
    ...BLANK_ACHIEVEMENT,
    id: facts.id,
    name: { locale, text: name.text, translations: name.translations },
    description: { locale, text: description.text, translations: description.translations },
    hidden: facts.secret,
    serverOnly: facts.secure,
    media: facts.icon === undefined ? NO_ITEMS : [iconAsset(facts, facts.icon)],
    ids: { discord: facts.id },
    extensions: extensionsOf(stored),
  }
}

function progressOf(facts: DiscordProgress, stored: EntryExtension): ProgressFacts {
  const { percent, unlockTime } = facts.completion
  return {
    ...BLANK_PROGRESS,
    account: facts.user,
    achievementId: facts.achievement,
    state: percent === 100 ? 'achieved' : percent > 0 ? 'in_progress' : 'not_started',
    percent,
    unlockTime,
    extensions: extensionsOf(stored),
  }
}

function extensionsOf(stored: EntryExtension): Extensions {
  const extension = writeExtension(stored)
  return extension === undefined ? EMPTY_OBJECT : { discord: extension }
}

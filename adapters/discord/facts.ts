import { DecodeError, describe, readAs } from '../../src/dialect/decode-error.ts'
import { quick } from '../../src/dialect/fast-path.ts'
import { formatInstant, type Instant, parseInstant } from '../../src/model/instant.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { definitionSchema, progressSchema } from './schema.ts'
import {
  isPlainTextBeside,
  isPlainTextObject,
  readText,
  type Text,
  writeLocalizations,
  writeTextObject,
} from './text.ts'

/** The shapes of a definition: of versions 6 to 9 of Discord's API, and of version 10. */
export type DefinitionShape = 'v6' | 'v10'

/** The values of a definition's members, independent of their format. */
export interface DefinitionFacts {
  readonly application: string | undefined
  readonly name: Text
  readonly description: Text
  readonly secret: boolean
  readonly icon: string | undefined
  readonly id: string
  readonly secure: boolean
}

/** The values of a progress record's members. */
export interface DiscordProgress {
  readonly user: string | undefined
  readonly achievement: string
  readonly completion: { readonly percent: number; readonly unlockTime: Instant | undefined }
}

/** The members of each fact, in the order of an entry. */
export const DEFINITION_MEMBERS: Readonly<Record<keyof DefinitionFacts, readonly string[]>> = {
  application: ['application_id'],
  name: ['name', 'name_localizations'],
  description: ['description', 'description_localizations'],
  secret: ['secret'],
  icon: ['icon_hash', 'icon'],
  id: ['id'],
  secure: ['secure'],
}

export const PROGRESS_MEMBERS: Readonly<Record<keyof DiscordProgress, readonly string[]>> = {
  user: ['user_id'],
  achievement: ['achievement_id'],
  completion: ['percent_complete', 'unlocked_at'],
}

const DEFINITION = quick(definitionSchema)
const PROGRESS = quick(progressSchema)

/** @throws DecodeError for an entry that is not a definition. */
export function readDefinition(entry: JsonObject): DefinitionFacts {
  const members = readAs(DEFINITION, entry)
  return {
    application: members.application_id?.toString(),
    name: readText(entry['name'], entry['name_localizations']),
    description: readText(entry['description'], entry['description_localizations']),
    secret: members.secret ?? false,
    icon: iconIn(members.icon_hash) ?? iconIn(members.icon),
    id: members.id.toString(),
    secure: members.secure ?? false,
  }
}

/** @throws DecodeError for an entry that is not a progress record. */
export function readProgressFacts(entry: JsonObject): DiscordProgress & Pick<DefinitionFacts, 'application'> {
  const members = readAs(PROGRESS, entry)
  const percent = members.percent_complete
  const unlockTime = readUnlockTime(members.unlocked_at)
  return {
    application: members.application_id?.toString(),
    user: members.user_id?.toString(),
    achievement: members.achievement_id.toString(),
    completion: { percent, unlockTime: percent === 100 ? unlockTime : undefined },
  }
}

/** A definition as Discord itself writes it. */
export function writeDefinition(facts: DefinitionFacts, shape: DefinitionShape): JsonObject {
  const { application, name, description, secret, icon, id, secure } = facts
  const entry: Record<string, JsonValue> = {}
  if (application !== undefined) entry['application_id'] = application
  if (shape === 'v6') {
    entry['name'] = writeTextObject(name)
    entry['description'] = writeTextObject(description)
  } else {
    entry['name'] = name.text
    entry['name_localizations'] = writeLocalizations(name.translations)
    entry['description'] = description.text
    entry['description_localizations'] = writeLocalizations(description.translations)
  }
  entry['secret'] = secret
  if (icon !== undefined) entry['icon_hash'] = icon
  entry['id'] = id
  entry['secure'] = secure
  return entry
}

/** The facts of a definition that `writeDefinition` would write differently. */
export function unusualInDefinition(
  entry: JsonObject,
  facts: DefinitionFacts,
  shape: DefinitionShape,
): readonly (keyof DefinitionFacts)[] {
  const isPlainText = shape === 'v6' ? isPlainTextObject : isPlainTextBeside
  const unusual: (keyof DefinitionFacts)[] = []
  if (entry['application_id'] !== facts.application) unusual.push('application')
  if (!isPlainText(entry['name'], entry['name_localizations'])) unusual.push('name')
  if (!isPlainText(entry['description'], entry['description_localizations'])) unusual.push('description')
  if (entry['secret'] !== facts.secret) unusual.push('secret')
  if (entry['icon_hash'] !== facts.icon || entry['icon'] !== undefined) unusual.push('icon')
  if (entry['id'] !== facts.id) unusual.push('id')
  if (entry['secure'] !== facts.secure) unusual.push('secure')
  return unusual
}

/** A progress record as Discord itself writes it. */
export function writeProgressFacts({ user, achievement, completion }: DiscordProgress): JsonObject {
  return {
    ...(user === undefined ? {} : { user_id: user }),
    achievement_id: achievement,
    percent_complete: completion.percent,
    unlocked_at: writeUnlockTime(completion.unlockTime),
  }
}

/** The facts of a progress record that `writeProgressFacts` would write differently. */
export function unusualInProgress(
  entry: JsonObject,
  facts: DiscordProgress,
): readonly (keyof DiscordProgress)[] {
  const unusual: (keyof DiscordProgress)[] = []
  if (entry['user_id'] !== facts.user) unusual.push('user')
  if (entry['achievement_id'] !== facts.achievement) unusual.push('achievement')
  if (entry['unlocked_at'] !== writeUnlockTime(facts.completion.unlockTime)) unusual.push('completion')
  return unusual
}

function iconIn(text: string | null | undefined): string | undefined {
  return isIconHash(text) ? text : undefined
}

/** 32 hexadecimal digits: hata reads it as one number. `a_` marks an animation. */
export function isIconHash(text: string | null | undefined): text is string {
  return typeof text === 'string' && /^(a_)?[0-9a-f]{32}$/i.test(text)
}

function readUnlockTime(text: string | null | undefined): Instant | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  throw new DecodeError(['unlocked_at'], `expected an ISO 8601 time, but found ${describe(text)}`)
}

function writeUnlockTime(instant: Instant | undefined): string | null {
  return instant === undefined ? null : formatInstant(instant, 6).replace('Z', '+00:00')
}

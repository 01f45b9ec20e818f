import { LIMITS } from '../model/limits.ts'

/** The limits of a field: elements of a list or map, and characters or bytes of each text or byte string. */
export interface FieldBound {
  readonly elements?: number
  readonly characters?: number
  readonly bytes?: number
}

const text = (characters: number): FieldBound => ({ characters })
const list = (elements: number): FieldBound => ({ elements })
const texts = (elements: number, characters: number = LIMITS.id): FieldBound => ({ elements, characters })

const ID = text(LIMITS.id)
const TEXT = text(LIMITS.text)
const EXTENSION: FieldBound = { bytes: LIMITS.extensionBytes }

/**
 * The bound of each list, map, text and byte string that a request can hold, by the field's name, or by message and name where
 * one message differs. A field without a bound stops the server when it starts.
 */
const BOUNDS: Readonly<Record<string, FieldBound>> = {
  absorbed_player_id: ID,
  account_id: ID,
  achievement_id: ID,
  achievement_ids: texts(LIMITS.filterIds),
  accounts: list(LIMITS.accounts),
  actor: TEXT,
  bindings: list(LIMITS.dialects),
  content: { bytes: LIMITS.messageBytes },
  credential: TEXT,
  deep_link: TEXT,
  default_locale: text(LIMITS.locale),
  description: TEXT,
  destination_id: ID,
  dialect: ID,
  dialects: texts(LIMITS.dialects),
  display_name: TEXT,
  etag: ID,
  event_id: ID,
  extensions: list(LIMITS.dialects),
  field: ID,
  from: ID,
  header: { bytes: 65_536 },
  id: ID,
  ids: list(LIMITS.dialects),
  items: list(LIMITS.batchItems),
  job_id: ID,
  key: ID,
  kinds: list(LIMITS.choices),
  lifecycles: list(LIMITS.choices),
  locale: text(LIMITS.locale),
  mapping: list(LIMITS.mapping),
  media: list(LIMITS.media),
  name: TEXT,
  operation: TEXT,
  page_token: text(LIMITS.pageToken),
  pattern: ID,
  pause_reason: TEXT,
  paths: texts(LIMITS.maskPaths),
  plan_id: ID,
  platforms: texts(LIMITS.platforms),
  player_id: ID,
  player_ids: texts(LIMITS.filterIds),
  product_id: TEXT,
  prefix: text(LIMITS.id),
  query: text(LIMITS.id),
  reason: text(LIMITS.reason),
  records: ID,
  request_id: text(LIMITS.requestId),
  requirement_id: ID,
  requirements: list(LIMITS.requirements),
  resource_id: ID,
  resume_token: ID,
  revision_id: ID,
  rewards: list(LIMITS.rewards),
  shape: ID,
  source: text(LIMITS.sourceName),
  source_title_id: ID,
  sources: list(1_000),
  stat_code: ID,
  states: list(LIMITS.choices),
  tags: texts(LIMITS.tags),
  text: TEXT,
  time_zone: ID,
  title_associations: list(LIMITS.titleAssociations),
  title_id: ID,
  title_ids: texts(LIMITS.filterIds),
  to: ID,
  translations: list(LIMITS.translations),
  true_texts: texts(LIMITS.mappedTexts),
  unknown_texts: texts(LIMITS.mappedTexts),
  updates: list(LIMITS.statUpdates),
  url: TEXT,
  value: TEXT,
  values: list(LIMITS.mappedTexts),
  version: TEXT,
  'Achievement.ExtensionsEntry.value': EXTENSION,
  'Achievement.IdsEntry.value': ID,
  'Binding.IdsEntry.value': ID,
  'Binding.ids': list(LIMITS.bindingIds),
  'ImportAchievementsRequest.MappingEntry.value': ID,
  'ImportProgressRequest.MappingEntry.value': ID,
  'PlanImportRequest.MappingEntry.value': ID,
  'MappedAchievement.IdsEntry.value': ID,
  'MappedAchievement.ids': list(LIMITS.mapping),
  'MappedTitle.IdsEntry.value': ID,
  'MappedTitle.ids': list(LIMITS.mapping),
  'LocalizedText.TranslationsEntry.key': text(LIMITS.locale),
  'Stat.ExtensionsEntry.value': EXTENSION,
  'Title.ExtensionsEntry.value': EXTENSION,
  'UploadImageRequest.image': { bytes: LIMITS.messageBytes },
}

/** @param message the name of the message without its package, as in `Achievement.IdsEntry` */
export function boundOf(message: string, field: string): FieldBound | undefined {
  return BOUNDS[`${message}.${field}`] ?? BOUNDS[field]
}

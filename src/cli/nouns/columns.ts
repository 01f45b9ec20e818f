import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { choicesOf } from './parameters.ts'

/** The columns of a table by its records' type: headings, and paths of fields. Other types show each field with one value. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Title: {
    title: 'title_id',
    name: 'display_name',
    locale: 'default_locale',
    bindings: 'bindings',
    updated: 'update_time',
  },
  Achievement: {
    '#': 'list_order',
    achievement: 'achievement_id',
    name: 'name.text',
    kind: 'kind',
    hidden: 'hidden',
    tags: 'tags',
    updated: 'update_time',
  },
  Player: { player: 'player_id', name: 'display_name', accounts: 'accounts', updated: 'update_time' },
  Stat: {
    stat: 'stat_code',
    name: 'display_name',
    default: 'default_value',
    minimum: 'minimum',
    maximum: 'maximum',
    'increment only': 'increment_only',
    'set by': 'set_by',
  },
  PlayerAchievement: {
    achievement: 'achievement.achievement_id',
    name: 'achievement.name.text',
    state: 'progress.state',
    percent: 'progress.percent',
    unlocked: 'progress.unlock_time',
    revoked: 'progress.revoked',
  },
  Event: {
    event: 'event_id',
    time: 'time',
    kind: 'kind',
    player: 'player_id',
    achievement: 'achievement_id',
    percent: 'percent',
    actor: 'actor',
    reason: 'reason',
  },
  Destination: {
    destination: 'destination_id',
    dialect: 'dialect',
    paused: 'paused',
    'waits until': 'wait_end_time',
    url: 'url',
  },
  Delivery: {
    event: 'event.event_id',
    time: 'event.time',
    kind: 'event.kind',
    player: 'event.player_id',
    achievement: 'event.achievement_id',
    state: 'state',
    attempts: 'attempts',
    'next attempt': 'next_attempt_time',
    error: 'error',
  },
  AchievementRevision: {
    revision: 'revision_id',
    time: 'time',
    actor: 'actor',
    name: 'achievement.name.text',
  },
  AuditEntry: {
    time: 'time',
    actor: 'actor',
    operation: 'operation',
    title: 'title_id',
    resource: 'resource_id',
    player: 'player_id',
    reason: 'reason',
  },
  Loss: { kind: 'kind', path: 'path', detail: 'detail' },
  LintFinding: { severity: 'severity', rule: 'rule', path: 'path', requirement: 'requirement' },
}

/** Returns the headings and the cells of a table of records. */
export function columnsOf(type: DescMessage, records: readonly JsonObject[]) {
  const columns = Object.entries(COLUMNS[type.name] ?? defaultColumns(type))
  const paths = columns.map(([, path]) => path.split('.'))
  return {
    headings: columns.map(([heading]) => heading),
    rows: records.map((record) => paths.map((path) => cellAt(type, record, path))),
  }
}

function defaultColumns(type: DescMessage): Readonly<Record<string, string>> {
  const fields = type.fields.filter(
    ({ fieldKind, message }) =>
      fieldKind === 'scalar' || fieldKind === 'enum' || message?.typeName === 'google.protobuf.Timestamp',
  )
  return Object.fromEntries(
    fields.map(({ name }) => [name.replace(/_(id|time)$/, '').replaceAll('_', ' '), name]),
  )
}

function cellAt(type: DescMessage, record: JsonObject, [name, ...rest]: readonly string[]): string {
  const field = type.fields.find((field) => field.name === name)
  const value = field && record[field.jsonName]
  if (field === undefined || value === undefined) return ''
  return rest.length > 0 && field.message !== undefined && isJsonObject(value)
    ? cellAt(field.message, value, rest)
    : cellOf(field, value)
}

/** A value as one text: of a map its keys, of a message its values. */
function cellOf(field: DescField, value: JsonValue): string {
  if (Array.isArray(value)) return value.map((item) => cellOf(field, item)).join(', ')
  if (!isJsonObject(value)) return scalarText(field, value)
  if (field.fieldKind === 'map' || field.message === undefined) return Object.keys(value).join(', ')
  const { fields } = field.message
  return fields
    .map((field) => cellOf(field, value[field.jsonName] ?? ''))
    .filter((cell) => cell !== '')
    .join(' ')
}

function scalarText(field: DescField, value: JsonValue): string {
  if (field.enum === undefined) return String(value)
  const found = [...choicesOf(field.enum)].find(([, name]) => name === value)
  return found?.[0] ?? ''
}

/** Returns a record as rows of paths and values; empty values are left out. */
export function detailsOf(type: DescMessage, record: JsonObject, basePath = ''): (readonly string[])[] {
  return type.fields.flatMap((field) =>
    detailsOfValue(field, record[field.jsonName] ?? '', basePath + field.name),
  )
}

function detailsOfValue(field: DescField, value: JsonValue, path: string): (readonly string[])[] {
  if (Array.isArray(value) && field.message !== undefined) {
    return value.flatMap((item, index) => detailsOfValue(field, item, `${path}[${index}]`))
  }
  if (isJsonObject(value) && field.fieldKind === 'map') {
    return Object.entries(value).flatMap(([key, item]) =>
      isJsonObject(item) && field.message !== undefined
        ? detailsOf(field.message, item, `${path}.${key}.`)
        : [[`${path}.${key}`, String(item)]],
    )
  }
  if (isJsonObject(value) && field.message !== undefined) return detailsOf(field.message, value, `${path}.`)
  const cell = cellOf(field, value)
  return cell === '' ? [] : [[path, cell]]
}

import { readFile } from 'node:fs/promises'
import { parseJson } from '../../src/dialect/json-text.ts'
import { isJsonObject, type JsonValue } from '../../src/model/json.ts'
import { dialects } from '../../src/registry.ts'
import { fixturesOf, type Way } from '../support/dialect-fixtures.ts'
import type { Calls } from './calls.ts'
import type { CorpusDocument } from './documents.ts'

const TITLE = 'corpus-title'
const PLAYER = 'corpus-player'

export interface RoundTrip {
  readonly before: JsonValue
  readonly after: JsonValue
  readonly content: Uint8Array
}

/** Takes a document in and writes it out again. */
export async function roundTrip(calls: Calls, document: CorpusDocument, way: Way): Promise<RoundTrip> {
  const content = await readFile(document.path)
  const before = parseJson(content.toString())
  const after = await WAYS[way](calls, document.dialect, content, before)
  return { before, after, content }
}

type Trip = (calls: Calls, dialect: string, content: Uint8Array, before: JsonValue) => Promise<JsonValue>

const WAYS: Readonly<Record<Way, Trip>> = { achievements, history, update }

/** One entry by itself comes out as a list of one, which is taken out of it again. */
async function achievements(calls: Calls, dialect: string, content: Uint8Array, before: JsonValue) {
  const ofPlayer = fixturesOf(dialect).corpus?.hasProgress === true
  await calls.importDocument(dialect, TITLE, ofPlayer ? PLAYER : '', content)
  const after = await (ofPlayer
    ? calls.exportProgress(dialect, TITLE, PLAYER)
    : calls.exportAchievements(dialect, TITLE))
  const entries = listIn(dialect, after)
  return listIn(dialect, before) === undefined && entries?.length === 1 ? (entries[0] as JsonValue) : after
}

/** Each title by itself, in the order in which the history has them, and the members around the list as they were. */
async function history(calls: Calls, dialect: string, content: Uint8Array, before: JsonValue) {
  await calls.importDocument(dialect, '', PLAYER, content)
  const titles = await calls.listTitles()
  const after: JsonValue[] = []
  for (const entry of listIn(dialect, before) ?? []) {
    const id = String(memberOf(entry, 'titleId'))
    const title = titles.find(({ bindings }) => bindings.get(dialect)?.ids.get('title_id') === id)
    if (title === undefined) throw new Error(`no title was made for ${id}`)
    after.push(
      ...(listIn(dialect, await calls.exportProgress(dialect, title.titleId, PLAYER, 'title')) ?? []),
    )
  }
  return isJsonObject(before) ? { ...before, titles: after } : after
}

/** Definitions that are there already, because a request says nothing of them. */
async function update(calls: Calls, dialect: string, content: Uint8Array, before: JsonValue) {
  const ids = new Map([
    ['service_config_id', String(memberOf(before, 'serviceConfigId'))],
    ['title_id', String(memberOf(before, 'titleId'))],
  ])
  await calls.createTitle(TITLE, dialect, ids)
  for (const entry of listIn(dialect, before) ?? []) {
    await calls.createAchievement(TITLE, dialect, String(memberOf(entry, 'id')))
  }
  await calls.importDocument(dialect, '', '', content)
  const requests = listIn(dialect, await calls.exportProgress(dialect, TITLE, '', 'update'))
  return requests?.length === 1 ? (requests[0] as JsonValue) : (requests ?? null)
}

function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}

/** The entries of a document that is a list, or has one; undefined for one entry by itself. */
function listIn(dialect: string, document: JsonValue): readonly JsonValue[] | undefined {
  if (Array.isArray(document)) return document
  const lists = dialects.get(dialect)?.envelope.lists.map((name) => memberOf(document, name)) ?? []
  return lists.find((member): member is readonly JsonValue[] => Array.isArray(member))
}

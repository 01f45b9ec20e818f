import { randomUUID } from 'node:crypto'
import type { StoredAchievement } from '../../model/achievement.ts'
import { formatJson } from '../../model/exact-json.ts'
import { formatInstant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ListPart } from '../../model/list-part.ts'
import {
  RECORD_KINDS,
  RECORDS_FORMAT,
  RECORDS_VERSION,
  ROW_KINDS,
  type RowKind,
} from '../../model/record-line.ts'
import type { Stat } from '../../model/stat.ts'
import type { Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { formatDefinition } from './definition-line.ts'

export interface ExportRecords {
  /** Empty for all titles and players. */
  readonly titleIds: readonly string[]
}

const PAGE_SIZE = 500

/**
 * Yields the lines of an export, of one snapshot, in pieces. The records of the service are in README.md.
 * @throws LaurelError TITLE_NOT_FOUND
 */
export function exportRecords(
  services: Services,
  { titleIds }: ExportRecords,
  call: Call,
): AsyncGenerator<Uint8Array> {
  return services.store.snapshot(call.signal, (queries) => exportLines(services, queries, titleIds))
}

async function* exportLines(
  services: Services,
  queries: Queries,
  titleIds: readonly string[],
): AsyncGenerator<Uint8Array> {
  const counts: Record<string, number> = Object.fromEntries(RECORD_KINDS.map((kind) => [kind, 0]))
  const count = (kind: string, lines: number) => {
    counts[kind] = (counts[kind] ?? 0) + lines
  }
  yield lineOf({
    kind: 'export',
    format: RECORDS_FORMAT,
    version: RECORDS_VERSION,
    id: randomUUID(),
    time: formatInstant(services.now(), 7),
    laurelVersion: services.laurelVersion,
  })
  for await (const [kind, text, lines] of definitionLines(services, queries, titleIds)) {
    count(kind, lines)
    yield Buffer.from(text)
  }
  for (const kind of Object.keys(ROW_KINDS) as RowKind[])
    count(kind, yield* queries.records.readLines(kind, titleIds))
  yield lineOf({ kind: 'end', counts })
}

function lineOf(line: JsonObject): Buffer {
  return Buffer.from(`${formatJson(line)}\n`)
}

/** Yields kinds with some of their lines and the number of these. */
async function* definitionLines(
  services: Services,
  queries: Queries,
  titleIds: readonly string[],
): AsyncGenerator<readonly [kind: string, text: string, lines: number]> {
  for await (const title of titlesOf(queries, titleIds)) {
    yield ['title', formatDefinition(services, 'title', title), 1]
    for await (const stats of pages<Stat>((after) =>
      queries.stats.list(title.id, after?.code ?? '', PAGE_SIZE),
    ))
      yield ['stat', stats.map((stat) => formatDefinition(services, 'stat', stat)).join(''), stats.length]
    for await (const list of pages<StoredAchievement>((after) =>
      queries.achievements.listAfter(title.id, after?.id ?? '', PAGE_SIZE),
    ))
      yield [
        'achievement',
        list.map((achievement) => formatDefinition(services, 'achievement', achievement)).join(''),
        list.length,
      ]
  }
}

async function* titlesOf(queries: Queries, titleIds: readonly string[]): AsyncGenerator<Title> {
  for (const titleId of new Set(titleIds)) yield await titleOf(queries, titleId)
  if (titleIds.length === 0)
    for await (const titles of pages<Title>((after) => queries.titles.list(after?.id ?? '', PAGE_SIZE)))
      yield* titles
}

async function* pages<Item>(
  read: (after: Item | undefined) => Promise<ListPart<Item>>,
): AsyncGenerator<readonly Item[]> {
  let last: Item | undefined
  for (;;) {
    const { items } = await read(last)
    if (items.length === 0) return
    yield items
    last = items.at(-1)
  }
}

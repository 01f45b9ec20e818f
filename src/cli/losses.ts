import type { Loss } from '../dialect/losses.ts'
import { LossKind, type Loss as LossMessage } from '../gen/laurel/v1/exchange.ts'
import { parseExactJson } from '../model/exact-json.ts'
import type { JsonObject, JsonValue } from '../model/json.ts'
import { count, table } from './terminal.ts'

/** More losses than this are shown in groups of one kind and path. */
const MAX_SINGLE = 10
/** Losses of further groups are only counted. */
const MAX_GROUPS = 200

/** Collects the losses of a translation. Their number is unbounded: all of them are stored only for JSON. */
export class LossTally {
  readonly #storesAll: boolean
  readonly #stored: Loss[] = []
  readonly #groups = new Map<string, { readonly loss: Loss; readonly path: string; count: number }>()
  #total = 0

  constructor(storesAll: boolean) {
    this.#storesAll = storesAll
  }

  add(losses: readonly Loss[]): void {
    for (const loss of losses) {
      this.#total += 1
      if (this.#storesAll || this.#stored.length <= MAX_SINGLE) this.#stored.push(loss)
      const path = loss.path.replace(/\[\d+\]/g, '[*]')
      const key = `${loss.kind} ${path}`
      const group = this.#groups.get(key)
      if (group !== undefined) group.count += 1
      else if (this.#groups.size < MAX_GROUPS) this.#groups.set(key, { loss, path, count: 1 })
    }
  }

  json(): readonly JsonObject[] {
    return this.#stored.map(({ kind, path, from, to, detail, achievementId }) => ({
      kind,
      path,
      ...(achievementId === undefined ? {} : { achievementId }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      detail,
    }))
  }

  lines(): readonly string[] {
    if (this.#total === 0) return []
    if (this.#total <= MAX_SINGLE) {
      const rows = this.#stored.map(({ kind, path, detail, achievementId = '' }) => [
        kind,
        achievementId,
        path,
        detail,
      ])
      const head = ['kind', 'achievement', 'path', 'detail']
      return [`${count(this.#total, 'loss', 'losses')}:`, ...table(head, rows)]
    }
    const groups = [...this.#groups.values()]
    const rows = groups.map(({ loss, path, count: occurrences }) => [
      String(occurrences),
      loss.kind,
      path,
      loss.detail,
    ])
    const rest = this.#total - groups.reduce((sum, group) => sum + group.count, 0)
    return [
      `${this.#total} losses, by kind and path:`,
      ...table(['count', 'kind', 'path', 'detail'], rows),
      ...(rest === 0 ? [] : [`and ${rest} at other paths`]),
    ]
  }
}

const KINDS: Readonly<Record<LossKind, Loss['kind']>> = {
  [LossKind.UNSPECIFIED]: 'dropped',
  [LossKind.DROPPED]: 'dropped',
  [LossKind.COERCED]: 'coerced',
  [LossKind.DEFAULTED]: 'defaulted',
  [LossKind.MERGED]: 'merged',
}

export function lossOf({ kind, path, fromJson, toJson, detail, achievementId }: LossMessage): Loss {
  const values = { from: readJson(fromJson), to: readJson(toJson) }
  return { kind: KINDS[kind], path, ...values, detail, achievementId: achievementId || undefined }
}

function readJson(json: string): JsonValue | undefined {
  return json === '' ? undefined : parseExactJson(json)
}

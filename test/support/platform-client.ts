import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProgressFacts } from '../../src/dialect/adapter.ts'
import {
  type BridgeChange,
  type BridgeRequest,
  type BridgeTarget,
  verdictOf,
} from '../../src/dialect/bridge.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import { decodeEntry } from '../../src/dialect/translate.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { bridges, sources } from '../../src/registry.ts'
import { type BridgeOutcome, fixturesOf } from './dialect-fixtures.ts'
import { adapterOf } from './documents.ts'

type Part = BridgeRequest | { readonly method?: undefined; readonly path: string; readonly headers: object }

/** Sends a request of a bridge or a source to the dialect's gateway; waits where the platform limits the rate. */
async function send(url: string, dialect: string, part: Part, authorization: string) {
  const { basePath } = fixturesOf(dialect).bridge ?? { basePath: '' }
  const body = part.method === undefined || part.body === undefined ? null : formatJson(part.body)
  const headers = { ...part.headers, authorization }
  const response = await fetch(url + basePath + part.path, { method: part.method ?? 'GET', headers, body })
  const text = await response.text()
  if (response.status !== 429) return { status: response.status, body: text }
  await sleep(1000 * Number(response.headers.get('retry-after')))
  return send(url, dialect, part, authorization)
}

/** Delivers changes to a server's gateway as the relay does it, once. Returns the outcome of each. */
export async function deliver(
  url: string,
  dialect: string,
  target: BridgeTarget,
  changes: readonly BridgeChange[],
): Promise<readonly (BridgeOutcome | 'retry' | 'none')[]> {
  const bridge = bridges.get(dialect)
  if (bridge === undefined) throw new Error(`no bridge to ${dialect}`)
  // Each request as another caller, because of the rate limits.
  const ask = (request: BridgeRequest) => send(url, dialect, request, `Bot ${randomUUID()}`)
  const { requests, unsupported } = bridge.plan(changes, target)
  const outcomes = new Map<BridgeChange, BridgeOutcome | 'retry'>(
    unsupported.map(({ change }) => [change, 'unsupported']),
  )
  for (const request of requests) {
    if (request.before !== undefined) await ask(request.before)
    const response = await ask(request)
    const verdicts =
      bridge.interpret?.(request, response) ?? request.covers.map(() => verdictOf(response.status))
    for (const [index, change] of request.covers.entries()) {
      const verdict = verdicts[index]
      if (verdict !== undefined) outcomes.set(change, verdict.kind)
    }
  }
  const probed = await ask(bridge.probe(target))
  if (probed.status !== 200) throw new Error(`the probe of ${dialect} answered ${probed.status}`)
  return changes.map((change) => outcomes.get(change) ?? 'none')
}

/** Returns the first page of a player's progress that a server's gateway shows, as `laurel pull` reads it. */
export async function progressShownBy(
  url: string,
  dialect: string,
  target: BridgeTarget,
): Promise<readonly ProgressFacts[]> {
  const source = sources.get(dialect)
  if (source === undefined) throw new Error(`no source of ${dialect}`)
  const asked = { ...target, locale: 'en' }
  const request = source.progress.ask(asked, undefined)
  const { status, body } = await send(url, dialect, request, `Bearer ${target.account}`)
  if (status !== 200) throw new Error(`${dialect} answered ${status}: ${body}`)
  const { entries } = source.progress.read(parseJson(body), asked, undefined)
  return entries.flatMap((entry) => {
    const context = { locale: 'en', envelope: {} }
    return decodeEntry(adapterOf(dialect), entry as JsonObject, context).result.progress ?? []
  })
}

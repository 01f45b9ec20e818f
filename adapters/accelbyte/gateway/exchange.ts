import { DecodeError, describe } from '../../../src/dialect/decode-error.ts'
import { readDocument } from '../../../src/dialect/document.ts'
import { formatPath } from '../../../src/dialect/losses.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { formatJson } from '../../../src/model/exact-json.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { envelope } from '../envelope.ts'
import { definitionsFor } from './catalogue.ts'
import { tagsOf } from './definition.ts'
import { readTagFilter } from './tags.ts'
import { namespaceOf, namespacePath, titleOf, titleToDefineIn } from './target.ts'

const ACHIEVEMENTS = `${namespacePath('admin')}/achievements`

/** The admin portal's file, out and in. */
export const exchangeRoutes: readonly Route[] = [
  { method: 'GET', path: `${ACHIEVEMENTS}/export`, name: 'ExportAchievements', handle: exportFile },
  {
    method: 'POST',
    path: `${ACHIEVEMENTS}/import`,
    name: 'ImportAchievements',
    // Held in memory, because the strategy may stand behind the file.
    maxBodyBytes: 16 * 2 ** 20,
    handle: importFile,
  },
]

const OPTIONS = { dialect: 'accelbyte', locale: undefined, lossPolicy: 'report' } as const

async function exportFile(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const headers = {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename=achievement_${fileNamePart(namespaceOf(request))}_config.json`,
  }
  const isTagged = readTagFilter(request.query)
  const title = await titleOf(request)
  const all = await definitionsFor('admin', request, title.id)
  const codes = all.filter((achievement) => isTagged(tagsOf(achievement))).map(({ id }) => id)
  // To the export no code means all of them.
  if (codes.length === 0) return { status: 200, headers, body: [] }
  const achievementIds = codes.length === all.length ? [] : codes
  const asked = { ...OPTIONS, titleId: title.id, shape: 'export', achievementIds }
  const content: Uint8Array[] = []
  for await (const part of operations.exportAchievements(asked, call)) {
    if (part.content !== undefined) content.push(part.content)
  }
  return { status: 200, headers, body: joined(content) }
}

function fileNamePart(namespace: string): string {
  return namespace.replace(/[^\w.-]/g, '_')
}

/** Answers with the outcome of each entry by its code, or by its index if it has none. */
async function importFile(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const { file, strategy } = await readForm(request)
  const { entries, unreadable } = await entriesIn(file)
  const title = await titleToDefineIn(request)
  const asked = {
    ...{ ...OPTIONS, titleId: title.id, strategy, dryRun: false },
    ...{ mapping: {}, allowRebinding: false, content: only(writeDocument(entries, namespaceOf(request))) },
  }
  const configs = { new: [], replaced: [], ignored: [], failed: [...unreadable] } as Record<Config, string[]>
  for await (const { outcomes } of operations.importOnlyDefinitions(asked, call)) {
    for (const { path, achievementId, kind } of outcomes) {
      const name = achievementId || nameOf(entries[Number(path.slice(2, -1))] as Entry)
      configs[kind === 'unchanged' ? 'replaced' : kind].push(name)
    }
  }
  const body = {
    newConfigs: configs.new,
    replacedConfigs: configs.replaced,
    ignoredConfigs: configs.ignored,
    failedConfigs: configs.failed,
  }
  return { status: 200, body }
}

type Config = 'new' | 'replaced' | 'ignored' | 'failed'

const STRATEGIES: Readonly<Record<string, 'replace' | 'leave_out'>> = {
  '': 'leave_out',
  leaveout: 'leave_out',
  replace: 'replace',
}

async function readForm(request: GatewayRequest) {
  let file: Uint8Array | undefined
  let chosen = ''
  for await (const { name, content } of request.form()) {
    const bytes = joined(await Array.fromAsync(content))
    if (name === 'file') file = bytes
    if (name === 'strategy') chosen = new TextDecoder().decode(bytes)
  }
  if (file === undefined) {
    throw new DecodeError(['file'], 'expected a part of this name in a body of type multipart/form-data')
  }
  const key = chosen.toLowerCase()
  const strategy = Object.hasOwn(STRATEGIES, key) ? STRATEGIES[key] : undefined
  if (strategy !== undefined) return { file, strategy }
  throw new DecodeError(['strategy'], `expected leaveOut or replace, but found ${describe(chosen)}`)
}

interface Entry {
  readonly json: JsonObject
  /** Where it stands in the file. */
  readonly basePath: string
}

/** The entries of a file, and where those stand that cannot be read at all. */
async function entriesIn(file: Uint8Array) {
  const entries: Entry[] = []
  const unreadable: string[] = []
  for await (const entry of readDocument(envelope, only(file))) {
    const basePath = formatPath(entry.path)
    if ('json' in entry) entries.push({ json: entry.json, basePath })
    else unreadable.push(basePath)
  }
  return { entries, unreadable }
}

/** The path says the namespace: files are made to be brought from one to another. */
function writeDocument(entries: readonly Entry[], namespace: string): Uint8Array {
  const named = entries.map(({ json }) => {
    const others = Object.entries(json).filter(([name]) => name.toLowerCase() !== 'namespace')
    return Object.fromEntries([...others, ['Namespace', namespace]])
  })
  return new TextEncoder().encode(formatJson(named))
}

function nameOf({ json, basePath }: Entry): string {
  const found = Object.entries(json).find(([name]) => name.toLowerCase() === 'achievementcode')
  return typeof found?.[1] === 'string' ? found[1] : basePath
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

import { DecodeError, describe } from '../../../src/dialect/decode-error.ts'
import { readDocument } from '../../../src/dialect/document.ts'
import { started } from '../../../src/dialect/kit/started.ts'
import { formatPath } from '../../../src/dialect/losses.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { formatJson } from '../../../src/model/exact-json.ts'
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
  const codes: string[] = []
  let all = 0
  for await (const page of definitionsFor('admin', request, title.id)) {
    all += page.length
    for (const achievement of page) if (isTagged(tagsOf(achievement))) codes.push(achievement.id)
  }
  // To the export no code means all of them.
  if (codes.length === 0) return { status: 200, headers, body: [] }
  const achievementIds = codes.length === all ? [] : codes
  const asked = { ...OPTIONS, titleId: title.id, shape: 'export', achievementIds }
  const body = await started(contentOf(operations.exportAchievements(asked, call)))
  return { status: 200, headers, body }
}

async function* contentOf(parts: AsyncIterable<{ readonly content?: Uint8Array | undefined }>) {
  for await (const { content } of parts) if (content !== undefined) yield content
}

function fileNamePart(namespace: string): string {
  return namespace.replace(/[^\w.-]/g, '_')
}

/** Answers with the outcome of each entry by its code, or by its index if it has none. */
async function importFile(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const { file, strategy } = await readForm(request)
  const configs = { new: [], replaced: [], ignored: [], failed: [] } as Record<Config, string[]>
  const names: string[] = []
  // All of it before a title is created: a file that cannot be read creates none.
  const document = await Array.fromAsync(rewritten(file, namespaceOf(request), names, configs.failed))
  const title = await titleToDefineIn(request)
  const asked = {
    ...OPTIONS,
    titleId: title.id,
    strategy,
    dryRun: false,
    mapping: {},
    allowRebinding: false,
    content: each(document),
  }
  for await (const { outcomes } of operations.importOnlyDefinitions(asked, call)) {
    for (const { path, achievementId, kind } of outcomes) {
      const name = achievementId || (names[Number(path.slice(2, -1))] as string)
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

/**
 * Yields the file as a document of the namespace: files are made to be brought from one to another.
 * @param names gets the name of each entry, and `unreadable` the path of each entry that cannot be read
 */
async function* rewritten(
  file: Uint8Array,
  namespace: string,
  names: string[],
  unreadable: string[],
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const entry of readDocument(envelope, each([file]))) {
    if ('error' in entry) {
      unreadable.push(formatPath(entry.path))
      continue
    }
    const members = Object.entries(entry.json)
    const others = members.filter(([name]) => name.toLowerCase() !== 'namespace')
    yield encoder.encode(names.length === 0 ? '[' : ',')
    yield encoder.encode(formatJson(Object.fromEntries([...others, ['Namespace', namespace]])))
    const code = members.find(([name]) => name.toLowerCase() === 'achievementcode')?.[1]
    names.push(typeof code === 'string' ? code : formatPath(entry.path))
  }
  yield encoder.encode(names.length === 0 ? '[]' : ']')
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

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

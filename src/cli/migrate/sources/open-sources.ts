import { createReadStream } from 'node:fs'
import { glob, readdir, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { readProcessOutboundConfig } from '../../../config.ts'
import { MigrationFormat, type MigrationMapping } from '../../../gen/laurel/v1/migration_job.ts'
import { openOutbound } from '../../../outbound/outbound.ts'
import { Failure } from '../../failure.ts'
import { print } from '../../terminal.ts'
import { decompressed, isCompressed, shorter, skipped, sourceName } from './bytes.ts'
import { openLaurel } from './laurel-source.ts'
import { type LiveOptions, liveInputOf, openPlatform } from './platform-source.ts'
import { openPlayerFiles } from './player-files.ts'
import { ReplayedStream } from './replayed-source.ts'
import type { MigrationSource } from './source.ts'
import { openUrl } from './url-source.ts'

const CHUNK_BYTES = 256 * 1024

export interface Sources extends AsyncDisposable {
  readonly list: readonly MigrationSource[]
}

/** Opens the sources that arguments name, in order. @throws Failure if one cannot be read, or a pattern matches nothing */
export async function openSources(
  inputs: readonly string[],
  mapping: MigrationMapping | undefined,
  options: LiveOptions,
  signal: AbortSignal,
): Promise<Sources> {
  await using stack = new AsyncDisposableStack()
  const allowPrivate = [...readProcessOutboundConfig().outboundPrivate, ...(options.allowPrivate ?? [])]
  const outbound = stack.adopt(openOutbound({ allowPrivate }), (open) => open.close())
  const isReadWhole = mapping?.format === MigrationFormat.DIALECT_DOCUMENT
  const list: MigrationSource[] = []
  for (const input of inputs) {
    const live = liveInputOf(input)
    if (live !== undefined) {
      list.push(await openPlatform(live, mapping, options, outbound, stack, signal))
      continue
    }
    const opened = /^https?:\/\//i.test(input)
      ? [await openUrl(outbound.checkUrl(input, 'the input'), outbound.to(input, URL_LIMITS), signal)]
      : input.startsWith('laurel://')
        ? [openLaurel(input, signal)]
        : await openLocal(input, mapping, stack)
    list.push(...opened.map((source) => ({ ...source, isReadWhole })))
  }
  checkNames(list)
  const open = stack.move()
  return { list, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

const URL_LIMITS = { headersTimeoutMilliseconds: 60_000, bodyTimeoutMilliseconds: 60_000 } as const

function checkNames(sources: readonly MigrationSource[]): void {
  const names = new Set<string>()
  for (const { name } of sources) {
    if (names.has(name)) throw new Failure([`the input ${name} stands twice: give it once`])
    names.add(name)
  }
}

/** Returns the sources of a file, a folder, a pattern, or standard input. */
async function openLocal(
  input: string,
  mapping: MigrationMapping | undefined,
  stack: AsyncDisposableStack,
): Promise<readonly MigrationSource[]> {
  if (input === '-') return [openStandardInput(stack)]
  const found = await stat(input).catch(() => undefined)
  if (found?.isDirectory()) return [await openFolder(input, mapping)]
  const files = found === undefined ? await matches(input) : [input]
  const arePlayers = mapping?.format === MigrationFormat.PLAYER_DOCUMENTS
  if (arePlayers && files.every((file) => file.endsWith('.json')))
    return [
      await openPlayerFiles(
        resolve(input),
        files.map((path) => ({ path, name: path })),
      ),
    ]
  return await Promise.all(files.map((file) => openFile(file, stack)))
}

async function matches(pattern: string): Promise<readonly string[]> {
  const files = (await Array.fromAsync(glob(pattern))).sort()
  if (files.length === 0) throw new Failure([`no file is named ${pattern}, or matches it`])
  return files
}

/** @throws Failure for a mapping of another format, and for a folder without files */
async function openFolder(folder: string, mapping: MigrationMapping | undefined): Promise<MigrationSource> {
  if (mapping !== undefined && mapping.format !== MigrationFormat.PLAYER_DOCUMENTS)
    throw new Failure([
      `${folder} is a folder, which the format PLAYER_DOCUMENTS takes: for other formats give a pattern, such as '${join(folder, '*.csv')}'`,
    ])
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) if (entry.isSymbolicLink()) throw linked(join(entry.parentPath, entry.name))
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort()
  if (names.length === 0) throw new Failure([`${folder} has no file that ends with .json`])
  return await openPlayerFiles(
    resolve(folder),
    names.map((name) => ({ path: join(folder, name), name })),
  )
}

/** Exports come from other systems: a link in one may lead to any file of this machine, which would be sent and stored. */
function linked(path: string): Failure {
  return new Failure([
    `${path} is a link, and links in a folder are not followed: replace it by what it leads to`,
  ])
}

function openStandardInput(stack: AsyncDisposableStack): MigrationSource {
  // A program that still writes to it would keep the command from ending.
  stack.defer(() => void process.stdin.destroy())
  const name = 'standard input'
  const stream = new ReplayedStream(name, process.stdin)
  return {
    name,
    size: undefined,
    isMeasurable: true,
    isReadWhole: false,
    open: (position) => {
      if (position <= stream.end) return stream.open(position)
      const note = `the first ${position} bytes of standard input were imported before and are skipped: it must be the same input`
      print([note], process.stderr)
      return skipped(name, stream.open(0), position)
    },
  }
}

/** Returns the source of one file. Its name is the absolute path: the same name in another folder is another input. */
export async function openFile(file: string, stack: AsyncDisposableStack): Promise<MigrationSource> {
  if (file === '-') return openStandardInput(stack)
  const found = await stat(file).catch((error: Error) => {
    throw new Failure([`cannot read ${file}: ${error.message}`], error)
  })
  if (!found.isFile())
    throw new Failure([
      found.isDirectory()
        ? `${file} is a folder, and not a file`
        : `${file} is a pipe or a device, which cannot be read from a position: give - and send it to standard input`,
    ])
  const { size } = found
  const compressed = isCompressed(file)
  return {
    name: sourceName(resolve(file)),
    size: compressed ? undefined : size,
    isMeasurable: compressed,
    isReadWhole: false,
    open: (position, signal) => {
      const start = compressed ? 0 : position
      if (start > size) throw shorter(file, size, position)
      const stream = createReadStream(file, { highWaterMark: CHUNK_BYTES, start, signal })
      return compressed ? skipped(file, decompressed(file, stream), position) : stream
    },
  }
}

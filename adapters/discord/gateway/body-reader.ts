import { DecodeError } from '../../../src/dialect/decode-error.ts'
import { JsonSyntaxError, parseJson } from '../../../src/dialect/json-text.ts'
import { Refusal } from '../../../src/dialect/refusal.ts'
import type { GatewayRequest, RequestHead } from '../../../src/http/gateway.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { versionOf } from './version.ts'

/** One thing wrong with a request, in Discord's own words where these are known. */
export interface BodyIssue {
  readonly path: readonly string[]
  readonly code: string
  readonly message: string
}

/** Reads a body member by member, and reports all its problems at once. */
export class BodyReader {
  readonly #head: RequestHead
  readonly #body: JsonObject
  readonly #issues: BodyIssue[] = []

  /** @throws JsonSyntaxError, or a Refusal for a body that is no object. A missing body is an empty one. */
  constructor(request: GatewayRequest) {
    this.#head = request
    this.#body = readBody(request)
  }

  /** Null counts as absent: undefined. */
  value(member: string): JsonValue | undefined {
    return this.raw(member) ?? undefined
  }

  raw(member: string): JsonValue | undefined {
    return Object.hasOwn(this.#body, member) ? this.#body[member] : undefined
  }

  refuse(path: readonly string[], code: string, message: string): void {
    this.#issues.push({ path, code, message })
  }

  require(...path: readonly string[]): void {
    this.refuse(path, 'BASE_TYPE_REQUIRED', 'This field is required')
  }

  boolean(member: string): boolean | undefined {
    const value = this.value(member)
    if (value === undefined || typeof value === 'boolean') return value
    this.refuse([member], 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')
    return undefined
  }

  /** A whole number within bounds; digits in a text count too, as Discord coerces them. */
  integer(member: string, least: number, most: number): number {
    const value = this.value(member)
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
    if (value === undefined) this.require(member)
    else if (typeof number === 'bigint' || (typeof number === 'number' && Number.isInteger(number))) {
      if (number < least)
        this.refuse([member], 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${least}.`)
      else if (number > most)
        this.refuse([member], 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${most}.`)
      else return Number(number)
    } else this.refuse([member], 'NUMBER_TYPE_COERCE', `Value "${inShort(value)}" is not int.`)
    return least
  }

  /** @throws Refusal naming all that is wrong. */
  check(): void {
    if (this.#issues.length > 0) throw invalidForm(this.#head, this.#issues)
  }
}

/** 400: v6 answers the fields bare, v7 and later under a code. */
export function invalidForm(head: RequestHead, issues: readonly BodyIssue[]): Refusal {
  if (versionOf(head) === 6) return new Refusal(400, legacyForm(issues))
  return new Refusal(400, { message: 'Invalid Form Body', code: 50035, errors: nested(issues, 0) })
}

/** A value in a few words, for an error message. */
export function inShort(value: JsonValue | undefined): string {
  if (typeof value !== 'object' || value === null) {
    const text = String(value)
    return text.length > 60 ? `${text.slice(0, 60)}…` : text
  }
  return Array.isArray(value) ? '[…]' : '{…}'
}

function readBody(request: GatewayRequest): JsonObject {
  if (request.body.length === 0) return {}
  const body = parseBody(request)
  if (isJsonObject(body)) return body
  const message = 'Only dictionaries may be used in a DictType'
  throw invalidForm(request, [{ path: [], code: 'DICT_TYPE_CONVERT', message }])
}

function parseBody(request: GatewayRequest): JsonValue {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(request.body), LIMITS.messageValues)
  } catch (error) {
    if (error instanceof TypeError) throw new JsonSyntaxError('not UTF-8', 1, 1)
    if (!(error instanceof DecodeError)) throw error
    throw invalidForm(request, [
      { path: error.path.map(String), code: 'BASE_TYPE_INVALID', message: error.problem },
    ])
  }
}

function nested(issues: readonly BodyIssue[], depth: number): JsonObject {
  const here = issues.filter(({ path }) => path.length === depth)
  const below = issues.filter(({ path }) => path.length > depth)
  const own = here.map(({ code, message }) => ({ code, message }))
  const steps = Map.groupBy(below, ({ path }) => path[depth] as string)
  return Object.fromEntries([
    ...(own.length === 0 ? [] : [['_errors', own] as const]),
    ...[...steps].map(([step, among]) => [step, nested(among, depth + 1)] as const),
  ])
}

/** v6 lists the fields at the top with their messages, and nested fields by name alone. */
function legacyForm(issues: readonly BodyIssue[]): JsonObject {
  const fields = Map.groupBy(issues, ({ path }) => path[0] ?? '_misc')
  return Object.fromEntries(
    [...fields].map(([field, among]) => [
      field,
      [...new Set(among.map(({ path, message }) => path[1] ?? message))],
    ]),
  )
}

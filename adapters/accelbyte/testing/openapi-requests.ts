import type { ApiDocument, Operation, Parameter, Schema } from './openapi-document.ts'

/** One request of an operation, made from the document. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly body?: string | FormData
}

/** By name, the values that parameters and members need for a request to succeed, whatever their schema allows. */
export type Hints = Readonly<Record<string, unknown>>

/**
 * Requests of an operation: the first with all that is required, then each parameter in each of its values and in
 * values of no type of its own, and the body whole, without each member, with each member null, and none.
 */
export function requestsOf(document: ApiDocument, operation: Operation, hints: Hints): readonly ApiRequest[] {
  const required = operation.parameters.filter((one) => one.in === 'path' || one.required === true)
  const base = new Map(required.map((one) => [one.name, usualValueOf(document, one, hints)]))
  const form = operation.parameters.filter((one) => one.in === 'formData')
  for (const { name } of form) base.set(name, hints[name])
  const variants = operation.parameters.flatMap((one) =>
    otherValuesOf(document, one, hints).map((value) => new Map([...base, [one.name, value]])),
  )
  const without = required
    .filter((one) => one.in !== 'path')
    .map(({ name }) => new Map([...base].filter(([other]) => other !== name)))
  return [base, ...variants, ...without].map((values) => build(operation, values))
}

function build({ method, path, parameters }: Operation, values: ReadonlyMap<string, unknown>): ApiRequest {
  const said = parameters.filter(({ name }) => values.get(name) !== undefined)
  const query = new URLSearchParams()
  const form = new FormData()
  let body: string | undefined
  let filled = path
  for (const one of said) {
    const value = values.get(one.name)
    if (one.in === 'path') filled = filled.replace(`{${one.name}}`, encodeURIComponent(String(value)))
    if (one.in === 'query') query.append(one.name, String(value))
    if (one.in === 'body') body = typeof value === 'string' ? value : JSON.stringify(value)
    if (one.in === 'formData') {
      if (one.type === 'file') form.append(one.name, new Blob([String(value)]), 'file.json')
      else form.append(one.name, String(value))
    }
  }
  const url = query.size === 0 ? filled : `${filled}?${query}`
  if (parameters.some((one) => one.in === 'formData')) return { method, path: url, body: form }
  return { method, path: url, ...(body === undefined ? {} : { body }) }
}

function usualValueOf(document: ApiDocument, parameter: Parameter, hints: Hints): unknown {
  const { name, schema, required: _, ...own } = parameter
  return hints[name] ?? sampleOf(document, schema ?? own, name, hints)
}

/** A value of the schema; optional members are included. */
function sampleOf(document: ApiDocument, schema: Schema, name: string, hints: Hints): unknown {
  const { type, enum: choices, items, properties, additionalProperties } = document.resolve(schema)
  if (Object.hasOwn(hints, name)) return hints[name]
  if (choices !== undefined) return choices[0]
  if (properties !== undefined) {
    const members = Object.entries(properties).map(([member, of]) => [
      member,
      sampleOf(document, of, member, hints),
    ])
    return Object.fromEntries(members)
  }
  if (typeof additionalProperties === 'object') {
    return { en: sampleOf(document, additionalProperties, 'en', hints) }
  }
  if (type === 'array') return items === undefined ? [] : [sampleOf(document, items, '', hints)]
  if (type === 'integer') return 1
  if (type === 'number') return 7.5
  if (type === 'boolean') return false
  return type === 'object' ? { any: 'thing' } : 'text'
}

function otherValuesOf(document: ApiDocument, parameter: Parameter, hints: Hints): readonly unknown[] {
  const { name, schema, ...own } = parameter
  switch (parameter.in) {
    case 'path':
      return [`no-${name}`, 'ä/%2F "', 'x'.repeat(200), '\u0000']
    case 'query':
      return [...(own.enum ?? []), ...(QUERY_VALUES[own.type ?? 'string'] ?? []), '', 'text', '-1', '[]']
    case 'formData':
      return ['', 'text', '[1]', '{"a":', 'replace', 'leaveOut']
    case 'body':
      return bodiesOf(document, schema ?? {}, hints)
    case 'header':
      return []
  }
}

const QUERY_VALUES: Readonly<Record<string, readonly string[]>> = {
  integer: ['0', '1', '2', '100', '101', '99999999999999999999', '1.5'],
  boolean: ['true', 'False', 'T', '1', '0'],
  array: ['a', 'a,b', 'a&b|(c&d)', '((', ','],
  string: ['en', 'in_progress', 'unlocked', 'a,b', '%'],
}

function bodiesOf(document: ApiDocument, schema: Schema, hints: Hints): readonly unknown[] {
  const whole = sampleOf(document, schema, '', hints)
  const unusual = ['', 'null', '[]', '{}', '7', '"text"', '{"a":', '[null]', '{"__proto__":{"x":1}}']
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return [...unusual, whole]
  const members = Object.keys(whole)
  const each = members.flatMap((name) => [
    Object.fromEntries(Object.entries(whole).filter(([other]) => other !== name)),
    ...[null, 'text', -1, 1e300, [], {}, true].map((value) => ({ ...whole, [name]: value })),
  ])
  return [...unusual, whole, ...each]
}

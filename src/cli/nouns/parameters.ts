import type { DescEnum, DescField, DescMessage, DescMethod } from '@bufbuild/protobuf'
import { ScalarType } from '@bufbuild/protobuf'
import { commentOf } from '../../grpc/comments.ts'
import type { Verb } from './rows.ts'

/** A field of a request that the command line sets. */
export interface Parameter {
  /** Its path in the request, such as `title.display_name`. */
  readonly path: string
  readonly field: DescField
  /** Without dashes or brackets: `display-name`. */
  readonly name: string
}

export interface Parameters {
  readonly arguments: readonly (Parameter & { readonly isOptional: boolean })[]
  readonly options: readonly Parameter[]
  /** The message that `--file` holds: the title of CreateTitle. */
  readonly body: DescField | undefined
  readonly isUpdate: boolean
}

/** The fields that the command line sets itself. */
const OWN = new Set(['page_token', 'update_mask'])

/** Returns the parameters of a command, which are the fields of its RPC's request. */
export function parametersOf({ name, input }: DescMethod, verb: Verb): Parameters {
  const isUpdate = input.fields.some((field) => field.name === 'update_mask')
  const body = input.fields.find((field) => isMessage(field) && name.endsWith(pascalCase(field.name)))
  const prefix = body === undefined ? '' : `${body.name}.`
  const arguments_ = verb.arguments.map((text) => {
    const path = text.replace('?', '')
    const field = fieldAt(input, path)
    return { path, field, name: nameOf(path.split('.').at(-1) ?? '', field), isOptional: text !== path }
  })
  const taken = new Set(arguments_.map(({ path }) => path))
  const options = [...leavesOf(input, '', isUpdate)]
    .filter(({ path }) => !taken.has(path) && (isUpdate || path !== `${body?.name}.etag`))
    .map(({ path, field }) => ({ path, field, name: nameOf(path.replace(prefix, ''), field) }))
  const isWhole = options.every(({ path }) => !path.startsWith(prefix)) && body?.oneof === undefined
  return { arguments: arguments_, options, body: isWhole ? undefined : body, isUpdate }
}

/** Yields the fields with one value or a list of values. Maps and lists of messages fit no option. */
function* leavesOf(
  type: DescMessage,
  basePath: string,
  isUpdate: boolean,
): Generator<Pick<Parameter, 'path' | 'field'>> {
  for (const field of type.fields) {
    const path = basePath + field.name
    if (OWN.has(path) || /Output only\./.test(commentOf(field))) continue
    if (!isMessage(field)) {
      const isValue = field.fieldKind !== 'map' && !(field.fieldKind === 'list' && field.message)
      if (isValue && field.scalar !== ScalarType.BYTES) yield { path, field }
    } else if (isUpdate ? basePath === '' : !isAlternative(field)) {
      // An update replaces a message as a whole: an option for a part of it would reset the other parts.
      yield* leavesOf(field.message, `${path}.`, isUpdate)
    }
  }
}

/** Whether a field is a message of the contract: times and durations are written as text. */
function isMessage(field: DescField): field is DescField & { readonly message: DescMessage } {
  return field.fieldKind === 'message' && !field.message.typeName.startsWith('google.protobuf.')
}

/** Whether a definition takes the place of an id. */
function isAlternative({ oneof }: DescField): boolean {
  return oneof?.fields.some(({ name }) => name.endsWith('_id')) === true
}

function fieldAt(type: DescMessage, path: string): DescField {
  const [first = '', ...rest] = path.split('.')
  const field = type.fields.find(({ name }) => name === first)
  if (field === undefined) throw new Error(`${type.name} has no field ${path}`)
  return rest.length > 0 && field.message !== undefined ? fieldAt(field.message, rest.join('.')) : field
}

/** Returns `player` for `player_id`, and `state` for the list `states`: an option of a list can be repeated. */
function nameOf(path: string, { fieldKind }: DescField): string {
  if (path === 'request_id') return 'request-id'
  const singular = fieldKind === 'list' ? path.replace(/(_id)?s$/, '') : path.replace(/_id$/, '')
  return singular.replaceAll(/[._]/g, '-')
}

function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** Returns the values of an enum as the command line names them: `dead` for `DELIVERY_STATE_DEAD`. */
export function choicesOf(type: DescEnum): ReadonlyMap<string, string> {
  const prefix = type.sharedPrefix?.length ?? 0
  const named = type.values.filter(({ number }) => number !== 0)
  return new Map(
    named.map(({ name }) => [name.slice(prefix).toLowerCase().replaceAll('_', '-'), name] as const),
  )
}

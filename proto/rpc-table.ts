import type { DescMethod, FileRegistry } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'

const PACKAGE = 'laurel.v1'
const TABLE = /(\/\/ <rpcs>.*\n)[\s\S]*?( *\/\/ <\/rpcs>)/
const INDENT = ' '.repeat(8)

/** Returns the source of the C# client with the table of the RPCs that are safe to repeat, and of the RPCs with request ids. */
export function withRpcTable(source: string, registry: FileRegistry): string {
  const services = [...registry].filter((type) => type.kind === 'service')
  const methods = services
    .filter(({ typeName }) => typeName.startsWith(`${PACKAGE}.`))
    .flatMap((service) => service.methods)
    .filter(({ methodKind }) => methodKind === 'unary')
  const unsafe = MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN
  const items = methods.flatMap((method) => {
    const field = method.input.fields.find(
      ({ fieldKind, message }) => fieldKind === 'list' && message?.field['requestId'],
    )
    return field === undefined ? [] : [`{ "${nameOf(method)}", "${field.name}" }`]
  })
  const lines = [
    ...setOf(
      'Repeatable',
      methods.filter(({ idempotency }) => idempotency !== unsafe),
    ),
    ...setOf(
      'WithRequestId',
      methods.filter(({ input }) => input.field['requestId']),
    ),
    'static readonly Dictionary<string, string> WithItems = new Dictionary<string, string>',
    '{',
    ...items.map((item) => `    ${item},`),
    '};',
  ]
  return source.replace(
    TABLE,
    (_, start: string, end: string) => `${start}${lines.map((line) => `${INDENT}${line}\n`).join('')}${end}`,
  )
}

function setOf(name: string, methods: readonly DescMethod[]): readonly string[] {
  const names = methods.map((method) => `    "${nameOf(method)}",`).sort()
  return [`static readonly HashSet<string> ${name} = new HashSet<string>`, '{', ...names, '};', '']
}

function nameOf({ parent, name }: DescMethod): string {
  return `${parent.name}/${name}`
}

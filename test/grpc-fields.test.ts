import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadRequest } from '../src/gen/google/rpc/error_details.ts'
import { Status } from '../src/gen/google/rpc/status.ts'
import { boundOf } from '../src/grpc/field-bounds.ts'
import { createGrpcServer } from '../src/grpc/server.ts'
import { LIMITS } from '../src/model/limits.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { type RequestField, requestFields } from './support/request-fields.ts'
import { servicesOn, testWire } from './support/services.ts'

/** A field that no message has: with it a message is large enough that its bytes are checked before it is decoded. */
const PADDING = new BinaryWriter().tag(1000, WireType.LengthDelimited).bytes(new Uint8Array(8192)).finish()
const NO_PADDING = new Uint8Array()

/** Fields that no reader looks at: the output of a create, and what an update cannot change. */
const UNREAD = [
  /CreateMigrationJob job\.(sources|pause_reason|actor)/,
  /\/(Create\w+|PreviewAchievement) \w+\.etag$/,
  /\/UpdatePlayer player\.accounts/,
  /\/UpdateDestination destination\.dialect$/,
]

/** The messages for a text that is too long, from readers that know all valid texts. */
const SHORT_MESSAGES = [
  [' event_id', expect.stringContaining('a decimal number')],
  [' (paths)', expect.stringContaining('must name fields of')],
] as const

const fields = requestFields()
const lists = fields.filter(({ isList }) => isList)
const texts = fields.filter(({ isText }) => isText)

const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
const server = createGrpcServer(openOperations(servicesOn(store)), testWire)
let client: Client

beforeAll(async () => {
  client = new Client(await server.listen('127.0.0.1:0'), credentials.createInsecure())
})
afterAll(async () => {
  client.close()
  await server.stop()
  await store.close()
})

test('finds the lists, maps and texts of the contract', () => {
  expect(lists.length).toBeGreaterThan(30)
  expect(texts.length).toBeGreaterThan(200)
})

describe.each(lists.map((field) => [titleOf(field), field] as const))(
  'the list or map %s',
  (title, field) => {
    const limit = boundOf(field.message, field.name)?.elements ?? 0
    const withElements = (count: number) =>
      field.requestWith(Array.from({ length: count }, (_, index) => field.element(index)))

    test('is refused above its bound, with its path', async () => {
      const message = expect.stringMatching(new RegExp(`^must be (at most|1 to) ${limit}\\b`))
      expect(await violationsOf(field, withElements(limit + 1), PADDING)).toContainEqual(message)
      if (!isUnread(title)) {
        expect(await violationsOf(field, withElements(limit + 1), NO_PADDING)).toContainEqual(message)
      }
    })

    test('is read up to its bound', async () => {
      for (const padding of [PADDING, NO_PADDING]) {
        const found = await violationsOf(field, withElements(limit), padding)
        expect(found.filter((message) => message.endsWith(`, not ${limit}`))).toEqual([])
        expect(found).not.toContain(`must be at most ${limit}`)
      }
    })
  },
)

describe.each(texts.map((field) => [titleOf(field), field] as const))('the text %s', (title, field) => {
  const { characters, bytes } = boundOf(field.message, field.name) ?? {}
  const limit = characters ?? bytes ?? 0
  const tooLong = `must be at most ${limit} ${characters === undefined ? 'bytes' : 'characters'}`
  const longest = Buffer.from(characters === undefined ? 'a'.repeat(limit) : '𐀀'.repeat(limit))

  test('is refused above its bound, with its path', async () => {
    const longer = Buffer.concat([longest, Buffer.from('a')])
    // A page token of the maximum number of characters is longer than a message if each has four bytes.
    if (longer.length < LIMITS.messageBytes)
      expect(await violationsOf(field, field.requestWith([longer]), PADDING)).toContainEqual(tooLong)
    if (isUnread(title) || title.includes(' items.')) return
    const one = field.requestWith([Buffer.alloc(limit + 1, 'a')])
    expect(await violationsOf(field, one, NO_PADDING)).toContainEqual(
      SHORT_MESSAGES.find(([ending]) => title.endsWith(ending))?.[1] ?? tooLong,
    )
  })

  test('is read up to its bound', async () => {
    if (longest.length > LIMITS.messageBytes) return
    for (const padding of [PADDING, NO_PADDING])
      expect(await violationsOf(field, field.requestWith([longest]), padding)).not.toContainEqual(tooLong)
  })

  test('is refused if it is not UTF-8, with its path', async () => {
    for (const padding of [PADDING, NO_PADDING])
      expect(
        await violationsOf(field, field.requestWith([Buffer.from([0x61, 0xff])]), padding),
      ).toContainEqual('must be UTF-8 text')
  })
})

test('a message with more values than any field needs is refused', async () => {
  const field = texts.find(({ path }) => path === 'title.display_name') as RequestField
  const message = expect.stringMatching(`hold more than ${LIMITS.messageValues} fields`)
  const request = field.requestWith(Array.from({ length: 50_000 }, (_, index) => field.element(index)))
  expect(await violationsOf(field, request, NO_PADDING)).toContainEqual(message)
})

/** Returns what the server reports about the field. */
async function violationsOf(field: RequestField, request: Uint8Array, padding: Uint8Array) {
  const error = await failureOf(field, Buffer.concat([request, padding]))
  if (error === undefined) return []
  expect([status.INVALID_ARGUMENT, status.NOT_FOUND, status.UNAVAILABLE]).toContain(error.code)
  const [trailer] = error.metadata.get('grpc-status-details-bin')
  const { details } = Status.decode(trailer as Buffer)
  const detail = details.find(({ typeUrl }) => typeUrl.endsWith('BadRequest'))
  const { fieldViolations } = BadRequest.decode(detail?.value ?? new Uint8Array())
  const pathOf = (path: string) => path.replaceAll(/\[(\d+|".*?")\]/g, '')
  return fieldViolations
    .filter((violation) => pathOf(violation.field) === field.path)
    .map(({ description }) => description)
}

function failureOf({ method, isStream }: RequestField, request: Buffer): Promise<ServiceError | undefined> {
  const same = (bytes: Buffer) => bytes
  return new Promise((resolve) => {
    if (isStream) {
      const call = client.makeBidiStreamRequest(method, same, same)
      call.on('error', (error) => resolve(error as ServiceError)).resume()
      call.on('end', () => resolve(undefined))
      call.end(request)
    } else client.makeUnaryRequest(method, same, same, request, (error) => resolve(error ?? undefined))
  })
}

function titleOf({ method, path, name }: RequestField): string {
  return `${method} ${path}${path.endsWith(name) ? '' : ` (${name})`}`
}

function isUnread(title: string): boolean {
  return UNREAD.some((pattern) => pattern.test(title))
}

/**
 * Makes the calls of calls.json through the packed client: `node run-calls.js <base URL> <calls>`. Prints the outcomes as JSON, in
 * order: `{"name", "responses"}`, each in protobuf's JSON, or `{"name", "error"}`.
 */
import { readFileSync } from 'node:fs'
import {
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescService,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from '@bufbuild/protobuf'
import { createClient as createServiceClient } from '@connectrpc/connect'
import { createClient, describeError, errorTypes, type LaurelClient } from 'laurel-client'

interface Step {
  readonly name: string
  readonly call?: string
  readonly stream?: string
  readonly upload?: string
  readonly watch?: JsonObject
  /** The achievement whose event ends the watch. */
  readonly until?: string
  readonly request?: JsonObject
  readonly options?: JsonObject
  readonly document?: string
  readonly timeoutMs?: number
}

const [, , baseUrl = '', path = ''] = process.argv
const outcomes: object[] = []
for (const step of JSON.parse(readFileSync(path, 'utf8')) as Step[]) {
  const client = createClient({ baseUrl: `${baseUrl}/${step.name}` })
  try {
    outcomes.push({ name: step.name, responses: await run(client, step) })
  } catch (thrown) {
    outcomes.push({ name: step.name, error: describeError(thrown) })
  }
}
process.stdout.write(JSON.stringify(outcomes))

async function run(client: LaurelClient, step: Step): Promise<readonly JsonValue[]> {
  const { call, stream, upload, watch, timeoutMs } = step
  const options = timeoutMs === undefined ? {} : { timeoutMs }
  if (watch !== undefined) return watched(client, watch, step.until)
  const method = await methodNamed(call ?? stream ?? upload ?? '')
  const request = fromJson(method.input, step.request ?? step.options ?? {}) as never
  const read = async (messages: AsyncIterable<never>) => {
    const found: JsonValue[] = []
    for await (const message of messages) found.push(toJson(method.output, message, { registry: errorTypes }))
    return found
  }
  if (upload !== undefined) {
    const document = readFileSync(step.document ?? '')
    return read(client.upload(method as DescMethodBiDiStreaming, request, document, options) as AsyncIterable<never>)
  }
  const service = createServiceClient(method.parent, client.transport) as Record<string, (...args: unknown[]) => unknown>
  const response = service[method.localName]?.(request, options)
  if (stream !== undefined) return read(response as AsyncIterable<never>)
  return [toJson(method.output, (await response) as never, { registry: errorTypes })]
}

/** Returns the events of a watch, one by one, up to that of an achievement. */
async function watched(client: LaurelClient, request: JsonObject, until?: string): Promise<readonly JsonValue[]> {
  const { input, output } = await methodNamed('EventService/WatchProgress')
  const found: JsonValue[] = []
  for await (const response of client.watch(fromJson(input, request) as object)) {
    const { events = [] } = toJson(output, response as never) as { events?: JsonObject[] }
    found.push(...events)
    if (events.some(({ achievementId }) => achievementId === until)) break
  }
  return found
}

async function methodNamed(name: string): Promise<DescMethod> {
  const [service = '', method = ''] = name.split('/')
  const file = service.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
  const module: Record<string, DescService> = await import(`laurel-client/${file}`)
  const found = module[service]?.methods.find(({ name }) => name === method)
  if (found === undefined) throw new Error(`${name} is in none of the services`)
  return found
}

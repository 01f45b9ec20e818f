import { once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, credentials, loadPackageDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { protoPath } from 'grpc-health-check'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { BadRequest, ErrorInfo } from '../src/gen/google/rpc/error_details.ts'
import { Status } from '../src/gen/google/rpc/status.ts'
import { ProgressServiceClient, RecordProgressRequest } from '../src/gen/laurel/v1/progress_service.ts'
import { GetTitleRequest, TitleServiceClient } from '../src/gen/laurel/v1/title_service.ts'
import { createGrpcServer } from '../src/grpc/server.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { servicesOn, testWire } from './support/services.ts'

/** A database that does not respond: operations that need it fail, and the others work. */
const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
const operations = openOperations({ ...servicesOn(store), dialects: new Map() })
const server = createGrpcServer(operations, testWire)
let address: string

beforeAll(async () => {
  address = await server.listen('127.0.0.1:0')
})

afterAll(async () => {
  await server.stop()
  await store.close()
})

test('health reports the server and each service as serving', async () => {
  const { grpc } = loadPackageDefinition(loadSync(protoPath)) as never as HealthPackage
  const client = new grpc.health.v1.Health(address, credentials.createInsecure())
  for (const service of ['', 'laurel.v1.TitleService', 'laurel.v1.ExchangeService']) {
    const response = await new Promise((resolve, reject) =>
      client.check({ service }, (error, response) => (error ? reject(error) : resolve(response))),
    )
    expect(response).toEqual({ status: 1 })
  }
  client.close()
})

test('an invalid request is rejected with all violations, before any query', async () => {
  const client = new ProgressServiceClient(address, credentials.createInsecure())
  const request = RecordProgressRequest.create({ titleId: 'space-race', requestId: 'x'.repeat(129) })
  const error = await new Promise<ServiceError | null>((resolve) => client.recordProgress(request, resolve))
  expect(error?.code).toBe(status.INVALID_ARGUMENT)
  const [, badRequest] = detailsOf(error).details
  const { fieldViolations } = BadRequest.decode(badRequest?.value ?? new Uint8Array())
  expect(fieldViolations.map(({ field, description }) => `${field} ${description}`)).toEqual([
    'player_id must be set',
    'achievement_id must be set',
    'request_id must be at most 128 characters',
    'report must be set',
  ])
  client.close()
})

test('an unreachable database is reported with a retry time', async () => {
  const client = new TitleServiceClient(address, credentials.createInsecure())
  const request = GetTitleRequest.create({ titleId: 'space-race' })
  const error = await new Promise<ServiceError | null>((resolve) => client.getTitle(request, resolve))
  expect(error?.code).toBe(status.UNAVAILABLE)
  const [info, retry] = detailsOf(error).details
  expect(ErrorInfo.decode(info?.value ?? new Uint8Array())).toMatchObject({
    reason: 'DATABASE_UNAVAILABLE',
    domain: 'laurel',
  })
  expect(retry?.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo')
  client.close()
})

test('an unusable address is reported with a remedy', async () => {
  const second = createGrpcServer(operations, testWire)
  const remedy = 'set LAUREL_GRPC_ADDRESS to another address'
  await expect(second.listen(address)).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: `${address} is in use: stop what uses it, or ${remedy}`,
  })
  await expect(second.listen('192.0.2.1:50051')).rejects.toThrow(
    `cannot serve on 192.0.2.1:50051: listen EADDRNOTAVAIL: address not available 192.0.2.1:50051: ${remedy}`,
  )
  await second.stop()
})

function detailsOf(error: ServiceError | null): Status {
  const [trailer] = error?.metadata.get('grpc-status-details-bin') ?? []
  return Status.decode(trailer as Buffer)
}

type Constructor<Methods> = new (
  address: string,
  channel: ReturnType<typeof credentials.createInsecure>,
) => Client & Methods

interface HealthPackage {
  readonly grpc: {
    readonly health: {
      readonly v1: {
        readonly Health: Constructor<{
          check(request: object, done: (error: Error | null, response: unknown) => void): void
        }>
      }
    }
  }
}

test('a connection is asked to end after half an hour, so that the load spreads over new servers', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const session = connect(`http://${address}`)
  onTestFinished(() => session.destroy())
  await once(session, 'remoteSettings')
  let minutes = 0
  let code: number | undefined
  session.once('goaway', (received: number) => {
    code = received
  })
  // In steps, so that pings get their responses meanwhile.
  for (; code === undefined && minutes < 40; minutes += 0.25) {
    vi.advanceTimersByTime(15_000)
    await sleep(5)
  }
  expect(code).toBe(0)
  expect(minutes).toBeGreaterThan(25)
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { BadRequest, ErrorInfo, RetryInfo } from '../gen/google/rpc/error_details.ts'
import { Status } from '../gen/google/rpc/status.ts'
import { ErrorReason } from '../gen/laurel/v1/error_reason.ts'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { toRpcStatus, toServiceError } from './status.ts'

test('the contract enumerates the reasons of the model, and shows an example of each', () => {
  const model = readFileSync(join(import.meta.dirname, '../model/errors.ts'), 'utf8')
  const union = /export type Reason =([^/]*)/.exec(model)?.[1] ?? ''
  const reasons = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, reason]) => reason)
  const contract = Object.keys(ErrorReason).filter((reason) => reason !== 'UNSPECIFIED')
  expect(reasons.length).toBeGreaterThan(30)
  expect(contract.sort()).toEqual(reasons.sort())

  const proto = readFileSync(join(import.meta.dirname, '../../proto/laurel/v1/error_reason.proto'), 'utf8')
  const examples = [...proto.matchAll(/( {2}\/\/ {5}.*\n)+/g)].map(([block]) =>
    JSON.parse(block.replaceAll(/^ *\/\//gm, '')),
  )
  expect(examples.map(({ reason }) => reason).sort()).toEqual(reasons)
  expect(examples.every(({ domain }) => domain === 'laurel')).toBe(true)
})

test('an error of the model carries its reason, its parts and when to try again', () => {
  const error = new LaurelError('unavailable', 'DATABASE_UNAVAILABLE', 'try again', {
    metadata: { titleId: 'space-race' },
    retryAfter: 1.5,
  })
  const { code, message, details } = toRpcStatus(error)
  expect([code, message]).toEqual([status.UNAVAILABLE, 'try again'])
  expect(details.map(({ typeUrl }) => typeUrl)).toEqual([
    'type.googleapis.com/google.rpc.ErrorInfo',
    'type.googleapis.com/google.rpc.RetryInfo',
  ])
  const [info, retry] = details as [(typeof details)[0], (typeof details)[0]]
  expect(ErrorInfo.decode(info.value)).toEqual({
    reason: 'DATABASE_UNAVAILABLE',
    domain: 'laurel',
    metadata: new Map([['title_id', 'space-race']]),
  })
  expect(RetryInfo.decode(retry.value).retryDelay).toEqual({ seconds: 1n, nanos: 500_000_000 })
})

test('violations fit into the headers of a response', () => {
  const violations = [...Array(500).keys()].map((index) => ({
    field: `items[${index}]`,
    message: 'must be set',
  }))
  const { details, metadata } = toServiceError(invalidArgument(violations))
  expect(details.length).toBeLessThanOrEqual(512)
  const [trailer] = metadata.get('grpc-status-details-bin') as [Buffer]
  expect(trailer.length * (4 / 3)).toBeLessThan(7168)
  const badRequest = Status.decode(trailer).details.find(({ typeUrl }) => typeUrl.endsWith('BadRequest'))
  const reported = BadRequest.decode(badRequest?.value ?? new Uint8Array()).fieldViolations
  expect(reported[0]).toMatchObject({ field: 'items[0]', description: 'must be set' })
  expect(reported.at(-1)?.description).toBe(`and ${500 - (reported.length - 1)} more`)
})

test('a defect is reported without details', () => {
  const secret = new TypeError('password=hunter2')
  expect(toRpcStatus(secret)).toEqual({ code: status.INTERNAL, message: 'internal error', details: [] })
  expect(toRpcStatus('a thrown text')).toMatchObject({ code: status.INTERNAL, message: 'internal error' })
})

test('an aborted call has the status CANCELLED', () => {
  expect(toRpcStatus(AbortSignal.abort().reason).code).toBe(status.CANCELLED)
})

import type { GatewayRequest, RequestHead } from '../../../src/http/gateway.ts'
import { TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import type { Rate, RateLimitState } from '../../../src/model/rate-limiter.ts'
import { isSnowflakeText } from '../snowflake.ts'
import { versionOf, waitsInMilliseconds } from './version.ts'

const PERIOD_SECONDS = 5
/** Of a token, as much as tells it from others. */
const TOKEN_CHARACTERS = 64

/** So many calls in 5 seconds for each application and caller. The bucket is a word without a space. */
export function ratesOf(bucket: string, limit: number): (request: GatewayRequest) => readonly Rate[] {
  return (request) => {
    const { application = '' } = request.params
    const whose = isSnowflakeText(application) ? application : ''
    return [{ key: `${bucket} ${whose} ${callerOf(request)}`, limit, periodSeconds: PERIOD_SECONDS }]
  }
}

/** Headers of every answer; how much of the bucket is left, where a route was reached. */
export function headersOf(head: RequestHead, rate: RateLimitState | undefined): Record<string, string> {
  // discord.py takes an answer without it for a ban, and does not try again.
  const always = { via: '1.1 laurel' }
  if (rate === undefined) return always
  const resetTime = Number(rate.resetTime / TICKS_PER_MILLISECOND) / 1000
  const write = isPrecise(head) ? inMilliseconds : inSeconds
  return {
    ...always,
    'x-ratelimit-limit': String(rate.limit),
    'x-ratelimit-remaining': String(rate.remaining),
    'x-ratelimit-reset': write(resetTime),
    'x-ratelimit-reset-after': write(rate.resetAfter),
    'x-ratelimit-bucket': rate.key.split(' ', 1).join(),
  }
}

/** If credentials are not checked, every caller is the same operator, and only tokens distinguish callers. */
function callerOf({ call: { principal }, credential }: GatewayRequest): string {
  if (principal.kind !== 'operator') return principal.name
  return `${principal.name} ${credential?.token.slice(-TOKEN_CHARACTERS) ?? ''}`
}

function isPrecise(head: RequestHead): boolean {
  const asked = head.headers['x-ratelimit-precision']
  return !waitsInMilliseconds(versionOf(head)) || asked?.toLowerCase() === 'millisecond'
}

/** Rounds up: a caller that retries then must be within the limit. */
function inMilliseconds(seconds: number): string {
  return (Math.ceil(seconds * 1000 - 1e-3) / 1000).toFixed(3)
}

function inSeconds(seconds: number): string {
  return String(Math.ceil(seconds))
}

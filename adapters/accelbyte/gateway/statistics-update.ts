import { z } from 'zod'
import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StatOperation } from '../../../src/model/stat.ts'
import { double } from './statistics-config.ts'
import { admit, type User } from './statistics-target.ts'
import type { Audience } from './target.ts'

/** A change of a user's value of a stat. */
export interface Change {
  readonly code: string
  readonly operation: StatOperation
  readonly value: number
  readonly when?: 'present' | 'absent'
}

/** `StatItemInc` of version 1. Java clients send 0 for a number that was not set; others omit it. */
export const incSchema = z.object({ inc: double.nullish() })

/** `StatItemUpdate` of version 2. Its event payload is ignored, because Laurel's events have none. */
export const updateSchema = z.object({
  updateStrategy: z.enum(['OVERRIDE', 'INCREMENT', 'MAX', 'MIN'], {
    error: 'expected OVERRIDE, INCREMENT, MAX or MIN',
  }),
  value: double,
})

const STRATEGIES = { OVERRIDE: 'set', INCREMENT: 'increment', MAX: 'max', MIN: 'min' } as const

/** Version 1 adds to an item that is there. */
export function changeByInc(code: string, { inc }: z.output<typeof incSchema>): Change {
  return { code, operation: 'increment', value: inc ?? 0, when: 'present' }
}

/** Version 2 makes the item where there is none. */
export function changeByStrategy(code: string, body: z.output<typeof updateSchema>): Change {
  return { code, operation: STRATEGIES[body.updateStrategy], value: body.value }
}

/** An item of version 1 goes back to the default; it must be there. */
export function resetOf(code: string): Change {
  return { code, operation: 'reset', value: 0, when: 'present' }
}

export function creationOf(code: string): Change {
  return { code, operation: 'reset', value: 0, when: 'absent' }
}

/** Writes one value, and tells it. Achievements that follow the stat have moved by then. */
export async function write(
  request: GatewayRequest,
  audience: Audience,
  titleId: string,
  user: User,
  change: Change,
): Promise<number> {
  const { operations, call } = request
  const asked = { titleId, playerId: user.playerId, updates: [change], writer: writerOf(audience) } as const
  const result = await operations.recordStats(
    { ...asked, occurredTime: undefined, requestId: undefined },
    call,
  )
  await admit(request, user)
  return result.values[0]?.value ?? change.value
}

/** Public paths are for game clients. */
export function writerOf(audience: Audience): 'client' | 'server' {
  return audience === 'public' ? 'client' : 'server'
}

import type { RequestHead } from '../../../src/http/gateway.ts'
import { refusal } from './failure.ts'

/** What a client understands, by the header `x-xbl-contract-version`. */
export interface Contract {
  /** Whether achievements have the shape of Xbox 360. */
  readonly legacy: boolean
  /** Whether each says how many players have it. */
  readonly rarity: boolean
}

const CONTRACTS = new Map<number, Contract>([
  [1, { legacy: true, rarity: false }],
  [2, { legacy: false, rarity: false }],
  [3, { legacy: true, rarity: true }],
  [4, { legacy: false, rarity: true }],
])

/**
 * The contract of a request; without the header it is the first one that the route has.
 * @throws Refusal 406 for one that the route has not.
 */
export function contractOf(head: RequestHead, served: readonly number[] = [1, 2, 3, 4]): Contract {
  const said = head.headers['x-xbl-contract-version']?.trim() || String(served[0])
  const number = /^\d{1,9}$/.test(said) ? Number(said) : Number.NaN
  const contract = served.includes(number) ? CONTRACTS.get(number) : undefined
  if (contract !== undefined) return contract
  const description = `x-xbl-contract-version must be ${served.join(' or ')} here`
  throw refusal(406, description, head)
}

import type { RequestHead } from '../../../src/http/gateway.ts'
import { refusal } from './failure.ts'

/** The response format of the header `x-xbl-contract-version`. */
export interface Contract {
  /** Whether achievements have the shape of Xbox 360. */
  readonly legacy: boolean
  /** Whether each achievement has the share of players who unlocked it. */
  readonly rarity: boolean
}

const CONTRACTS = new Map<number, Contract>([
  [1, { legacy: true, rarity: false }],
  [2, { legacy: false, rarity: false }],
  [3, { legacy: true, rarity: true }],
  [4, { legacy: false, rarity: true }],
])

/**
 * Returns the contract of a request; without the header, the first one of the route.
 * @throws Refusal 406 for a contract that the route does not support.
 */
export function contractOf(head: RequestHead, served: readonly number[] = [1, 2, 3, 4]): Contract {
  const said = head.headers['x-xbl-contract-version']?.trim() || String(served[0])
  const number = /^\d{1,9}$/.test(said) ? Number(said) : Number.NaN
  const contract = served.includes(number) ? CONTRACTS.get(number) : undefined
  if (contract !== undefined) return contract
  const description = `x-xbl-contract-version must be ${served.join(' or ')} here`
  throw refusal(406, description, head)
}

import type { Adapter } from '../dialect/adapter.ts'
import type { Services } from './services.ts'

export type DialectDescription = Pick<Adapter, 'id' | 'displayName' | 'shapes' | 'capabilities'>

/** The dialects that this server speaks, in order of id. */
export function listDialects({ dialects }: Pick<Services, 'dialects'>): readonly DialectDescription[] {
  return [...dialects.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

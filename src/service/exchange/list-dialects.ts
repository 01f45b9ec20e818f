import type { Adapter } from '../../dialect/adapter.ts'
import type { Services } from '../services.ts'

export interface DialectDescription extends Pick<Adapter, 'id' | 'displayName' | 'shapes' | 'capabilities'> {
  /** Whether events can be delivered to its platform. */
  readonly bridge: boolean
  /** Whether what its platform has can be read from there. */
  readonly source: boolean
}

/** The dialects that this server speaks, in order of id. */
export function listDialects({ dialects }: Pick<Services, 'dialects'>): readonly DialectDescription[] {
  return [...dialects.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, displayName, shapes, capabilities, bridge, source }) => {
      const has = { bridge: bridge !== undefined, source: source !== undefined }
      return { id, displayName, shapes, capabilities, ...has }
    })
}

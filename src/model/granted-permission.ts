/**
 * The text of a granted permission, in AccelByte's vocabulary: `ADMIN:NAMESPACE:space-race:USER:ann:ACHIEVEMENT`. The
 * namespace is the title's id. A segment `*` matches any one segment; a last `*` matches all further segments too, except
 * straight after NAMESPACE or USER. Ids are percent-encoded: a `*` inside an id is written `%2A`, a colon `%3A`, a percent
 * sign `%25`.
 */
export interface GrantedPermission {
  readonly resource: string
  /** The sum of the allowed `ACTIONS`. */
  readonly action: number
}

/** A granted admin permission covers the same permission without this prefix. */
export const ADMIN = 'ADMIN'

/** Returns an id as a segment of a permission that matches this id only. */
export function encodeSegment(id: string): string {
  return id.replace(/[%:*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Returns the id that a segment of a permission matches; undefined for malformed percent-encoding, which matches none. */
export function decodeSegment(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** The segments of a permission, and the indexes of the encoded ids among them. By position: an id may equal a keyword. */
export interface PermissionSegments {
  readonly segments: readonly string[]
  readonly namespaceIndex: number | undefined
  readonly userIndex: number | undefined
}

export function splitPermission({ resource }: Pick<GrantedPermission, 'resource'>): PermissionSegments {
  const segments = resource.split(':')
  const first = segments[0] === ADMIN ? 1 : 0
  const indexAfter = (keyword: string, index: number) =>
    segments[index] === keyword && index + 1 < segments.length ? index + 1 : undefined
  return {
    segments,
    namespaceIndex: indexAfter('NAMESPACE', first),
    userIndex: indexAfter('USER', first + 2),
  }
}

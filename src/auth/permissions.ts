import type { JWTPayload } from 'jose'
import { z } from 'zod'
import type { GrantedPermission } from '../model/granted-permission.ts'

const permission = z.union([
  z.looseObject({ Resource: z.string(), Action: z.int().min(0).max(15) }),
  z.looseObject({ resource: z.string(), action: z.int().min(0).max(15) }),
])

/**
 * Returns the permissions in the `permissions` claim of AccelByte's tokens (`Resource` and `Action`, or both in lower
 * case); undefined for a token without the claim. Malformed entries are ignored.
 */
export function readPermissions({ permissions }: JWTPayload): readonly GrantedPermission[] | undefined {
  if (!Array.isArray(permissions)) return undefined
  return permissions.flatMap((entry) => {
    const { data } = permission.safeParse(entry)
    if (data === undefined) return []
    return 'Resource' in data
      ? [{ resource: data.Resource as string, action: data.Action as number }]
      : [{ resource: data.resource as string, action: data.action as number }]
  })
}

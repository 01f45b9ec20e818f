import { computed, signal } from '@preact/signals'
import type {
  CallerJson,
  PermissionJson,
  ResourceJson,
} from '../clients/typescript/gen/laurel/v1/caller_pb.js'
import type { ProgressViewJson } from '../clients/typescript/gen/laurel/v1/progress_pb.js'
import { api } from './api.ts'
import { token } from './session.ts'

type Action = 'create' | 'read' | 'update' | 'delete'
/** The resources of the contract: `ACHIEVEMENT` for RESOURCE_ACHIEVEMENT. */
type Resource = ResourceJson extends `RESOURCE_${infer Name}` ? Name : never

interface Access {
  readonly caller: CallerJson
  readonly permissions: readonly PermissionJson[]
}

const accesses = signal<ReadonlyMap<string, Access>>(new Map())
const loading = new Set<string>()

/** The caller, once the first permissions are known. */
export const caller = computed(() => accesses.value.values().next().value?.caller)

/** The details of progress and events that the caller may read: a player's client reads those of its player alone. */
export const view = computed<ProgressViewJson>(() =>
  caller.value?.kind === 'CALLER_KIND_PLAYER' ? 'PROGRESS_VIEW_PLAYER' : 'PROGRESS_VIEW_FULL',
)

// Another caller has other permissions.
token.subscribe(() => {
  accesses.value = new Map()
  loading.clear()
})

/**
 * Returns whether the caller may act on a kind of resource of a title, or of all titles. False until the server has responded: a page shows
 * its actions a moment later, and the server checks each call anyway.
 */
export function can(action: Action, resource: Resource, titleId = ''): boolean {
  const access = accesses.value.get(titleId)
  if (access === undefined) void load(titleId)
  return (
    access?.permissions.some((each) => each.resource === `RESOURCE_${resource}` && each[action] === true) ??
    false
  )
}

async function load(titleId: string): Promise<void> {
  if (loading.has(titleId)) return
  loading.add(titleId)
  try {
    const { caller = {}, permissions = [] } = await api.callers.getCaller({ titleId })
    accesses.value = new Map([...accesses.peek(), [titleId, { caller, permissions }]])
  } catch {
    // The next page asks again.
    loading.delete(titleId)
  }
}

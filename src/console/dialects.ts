import { signal } from '@preact/signals'
import { api } from './api.ts'
import { token } from './session.ts'

const names = signal<ReadonlyMap<string, string>>(new Map())
let isLoading = false

// A caller who may not list them may be followed by one who may.
token.subscribe(() => {
  isLoading = false
})

/** Returns the name of a dialect for people: its id, until the server has responded. */
export function dialectName(dialect = ''): string {
  if (names.value.size === 0) void load()
  return names.value.get(dialect) ?? dialect
}

async function load(): Promise<void> {
  if (isLoading) return
  isLoading = true
  try {
    const { dialects = [] } = await api.exchange.listDialects({})
    names.value = new Map(
      dialects.map(({ dialect = '', displayName }) => [dialect, displayName || dialect] as const),
    )
  } catch {
    // The ids stay.
  }
}

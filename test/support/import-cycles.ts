import { posix } from 'node:path'
import { importsOf } from './source-imports.ts'

/**
 * Returns each set of files that import one another, directly or through others; type-only imports count. Sorted, so that
 * two runs agree. A file that imports itself is a set of one.
 */
export function importCycles(sources: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  const imports = new Map([...sources].map(([file, source]) => [file, importedFiles(file, source, sources)]))
  const reachable = new Map([...imports.keys()].map((file) => [file, reachableFrom(file, imports)]))
  const cyclic = [...imports.keys()].filter((file) => reachable.get(file)?.has(file))
  const cycles = Map.groupBy(cyclic, (file) =>
    cyclic
      .filter((other) => reachable.get(file)?.has(other) && reachable.get(other)?.has(file))
      .sort()
      .join('\n'),
  )
  return [...cycles.keys()].sort().map((cycle) => cycle.split('\n'))
}

function importedFiles(file: string, source: string, sources: ReadonlyMap<string, string>): string[] {
  return importsOf(source).flatMap(({ specifier }) => {
    const target = specifier?.startsWith('.') && posix.join(posix.dirname(file), specifier)
    return target && sources.has(target) ? [target] : []
  })
}

function reachableFrom(file: string, imports: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>()
  const queue = [...(imports.get(file) ?? [])]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    queue.push(...(imports.get(next) ?? []))
  }
  return reached
}

import type { Call, Services } from '../services.ts'
import type { ImportPart } from './export-part.ts'
import { type ImportOptions, importDocument } from './import-document.ts'

export type ImportProgressOptions = Omit<ImportOptions, 'strategy' | 'allowRebinding'>

/** Imports what players have; definitions in the document only say which achievements are meant. */
export function importProgress(
  services: Services,
  options: ImportProgressOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  const definitions = { strategy: 'leave_out', allowRebinding: false } as const
  return importDocument(services, 'progress', { ...options, ...definitions }, content, call)
}

import type { Call, Services } from '../services.ts'
import type { ImportPart } from './export-part.ts'
import { type ImportOptions, importDocument } from './import-document.ts'

/** Imports definitions, and what players have of them where it is known whose it is. */
export function importAchievements(
  services: Services,
  options: ImportOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  return importDocument(services, 'both', options, content, call)
}

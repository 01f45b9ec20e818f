import { type ImportOptions, importDocument } from './exchange/import-document.ts'
import type { ImportPart } from './exchange/parts.ts'
import type { Call, Services } from './services.ts'

/** Imports definitions, and what players have of them where it is known whose it is. */
export function importAchievements(
  services: Services,
  options: ImportOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  return importDocument(services, 'both', options, content, call)
}

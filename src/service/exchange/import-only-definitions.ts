import type { Call, Services } from '../services.ts'
import type { ImportPart } from './export-part.ts'
import { type ImportOptions, importDocument } from './import-document.ts'

export type ImportOnlyDefinitions = Omit<ImportOptions, 'playerId' | 'titleId'> & { readonly titleId: string }

/** Imports a title's definitions, for a caller who may write these and has no right on what players have. */
export function importOnlyDefinitions(
  services: Services,
  options: ImportOnlyDefinitions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  return importDocument(services, 'definitions', { ...options, playerId: undefined }, content, call)
}

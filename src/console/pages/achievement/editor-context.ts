import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { DialectJson, LintFindingJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'

/** The state that all parts of the editor share. */
export interface Editor {
  readonly titleId: string
  readonly draft: AchievementJson
  /** Replaces fields of the draft. */
  readonly set: (changes: Partial<AchievementJson>) => void
  readonly dialects: readonly DialectJson[]
  /** The language of texts without one. */
  readonly defaultLocale: string
  /** Returns what the server says against a field or the fields in it. */
  readonly problemOf: (field: string) => string | undefined
  /** Returns the findings about a field or the fields in it. */
  readonly findingsOf: (field: string) => readonly LintFindingJson[]
}

export const EditorContext = createContext<Editor | undefined>(undefined)

export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (editor === undefined) throw new Error('the component is outside of the editor')
  return editor
}

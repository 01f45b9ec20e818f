import { useLayoutEffect } from 'preact/hooks'
import { guardEdits } from '../router.ts'

/** Asks before the page is left with edits. Its effect is complete with the rendering, so that no quick step back escapes it. */
export function useEditGuard(isEdited: boolean, question: string): void {
  useLayoutEffect(() => guardEdits(() => (isEdited ? question : undefined)), [isEdited, question])
}

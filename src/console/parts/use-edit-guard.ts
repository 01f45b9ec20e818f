import { useLayoutEffect } from 'preact/hooks'
import { guardEdits } from '../router.ts'

/** Asks before the page is left with edits. A layout effect runs before the browser can handle a step back after the edit. */
export function useEditGuard(isEdited: boolean, question: string): void {
  useLayoutEffect(() => guardEdits(() => (isEdited ? question : undefined)), [isEdited, question])
}

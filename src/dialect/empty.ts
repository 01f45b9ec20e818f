/*
 * What most records have of most things: shared by all of them, and frozen, so that none can give the others any.
 */

export const NO_ITEMS: readonly never[] = Object.freeze([])

export const EMPTY_OBJECT: Readonly<Record<string, never>> = Object.freeze({})

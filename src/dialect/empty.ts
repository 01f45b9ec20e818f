// Shared by all records, because most of their fields are empty; frozen, so that no record changes another.

export const NO_ITEMS: readonly never[] = Object.freeze([])

export const EMPTY_OBJECT: Readonly<Record<string, never>> = Object.freeze({})

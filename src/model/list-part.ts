/** The items of a list that were read at once. */
export interface ListPart<Item> {
  readonly items: readonly Item[]
  /** Whether the part ends before its limit, because its items are large. */
  readonly isCut: boolean
}

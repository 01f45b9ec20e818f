/** The items of a list that were read at once. */
export interface ListPart<Item> {
  readonly items: readonly Item[]
  /** Whether the part ends before its limit, because its items are large or its filter leaves out too many. */
  readonly isCut: boolean
  /** Set if the part ends because its filter left out too many items: the key of the last item that was read. */
  readonly scannedTo?: bigint | undefined
}

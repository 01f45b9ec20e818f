/** Yields the items of a source, and reads the next one while the caller works on an item. An error is thrown in its place. */
export async function* readAhead<Item>(source: AsyncGenerator<Item, void>): AsyncGenerator<Item, void> {
  try {
    for (let next = source.next(); ; ) {
      const { value, done } = await next
      if (done) return
      next = source.next()
      // A rejection is thrown where it is awaited, unless the caller leaves before.
      next.catch(() => {})
      yield value
    }
  } finally {
    await source.return()
  }
}

/** Reads the first piece of a body, so that an error of it is thrown while the response can still have a status. */
export async function started<Piece>(pieces: AsyncGenerator<Piece>): Promise<AsyncGenerator<Piece>> {
  const first = await pieces.next()
  return (async function* () {
    if (first.done === true) return
    try {
      yield first.value
      yield* pieces
    } finally {
      await pieces.return(undefined)
    }
  })()
}

const TRIES = 20

/**
 * Does something until it took less than so many milliseconds. A machine that stands still now and then is slow now and then;
 * what waits where it should not is slow each time.
 * @param run gives how long it took
 */
export async function untilWithin(milliseconds: number, run: () => Promise<number>): Promise<void> {
  const all: number[] = []
  while (all.length < TRIES) {
    const took = await run()
    if (took < milliseconds) return
    all.push(Math.round(took))
  }
  throw new Error(`none of these milliseconds is less than ${milliseconds}: ${all.join(', ')}`)
}

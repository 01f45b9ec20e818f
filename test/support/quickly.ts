const MAX_ATTEMPTS = 20

/**
 * Repeats an operation until it takes less than `milliseconds`: a machine that stalls is slow sometimes, and code that waits
 * where it should not is slow each time.
 * @param run returns the duration of one attempt
 */
export async function untilWithin(milliseconds: number, run: () => Promise<number>): Promise<void> {
  const durations: number[] = []
  while (durations.length < MAX_ATTEMPTS) {
    const duration = await run()
    if (duration < milliseconds) return
    durations.push(Math.round(duration))
  }
  throw new Error(`none of these milliseconds is less than ${milliseconds}: ${durations.join(', ')}`)
}

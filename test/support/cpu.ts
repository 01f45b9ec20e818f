import { setImmediate as nextTurn } from 'node:timers/promises'

/** CPU milliseconds of `referenceWork` on an idle machine of the kind for which the bounds were chosen. */
const REFERENCE_MILLISECONDS = 6
const REFERENCE_INTERVAL_MILLISECONDS = 1_000

/**
 * Returns the CPU milliseconds that this process uses while `run` runs, divided by `slowness`: other load on a processor doubles
 * the CPU time of the same instructions.
 */
export async function cpuMilliseconds(run: () => unknown): Promise<number> {
  const used = await usedBy(run)
  return used / (await slowness())
}

/**
 * Returns the most CPU milliseconds that this process used between two turns of the event loop while `run` ran, divided by `slowness`:
 * for so long, no other call was served.
 */
export async function longestTurn(run: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isDone = false
  let before = process.cpuUsage()
  const tick = () => {
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1000)
    before = process.cpuUsage()
    if (!isDone) setImmediate(tick)
  }
  setImmediate(tick)
  await run()
  await nextTurn()
  isDone = true
  return longest / (await slowness())
}

async function usedBy(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

let measured = { time: Number.NEGATIVE_INFINITY, slowness: 1 }

/**
 * Returns how much longer this machine takes for the same work now. At least 1, so that a faster machine does not make the bounds
 * stricter; at most 4, so that a wrong measurement does not turn them off.
 */
async function slowness(): Promise<number> {
  if (performance.now() - measured.time > REFERENCE_INTERVAL_MILLISECONDS) {
    const taken = [await usedBy(referenceWork), await usedBy(referenceWork)]
    measured = {
      time: performance.now(),
      slowness: Math.min(4, Math.max(1, Math.min(...taken) / REFERENCE_MILLISECONDS)),
    }
  }
  return measured.slowness
}

const words = Array.from({ length: 5_000 }, (_, index) => ({ id: `word-${index}`, value: index, text: 'é' }))
const reference = JSON.stringify(words)

function referenceWork(): void {
  const parsed: typeof words = JSON.parse(reference)
  const byId = new Map(parsed.map((word) => [word.id, word]))
  JSON.stringify([...byId.values()].map((word) => ({ ...word, more: word.id.length })))
}

/** Texts of the given length on which a pattern that is not linear backtracks, by the characters they repeat. */
export function hardTexts(length: number): Readonly<Record<string, string>> {
  const repeated = (text: string) => text.repeat(Math.ceil(length / text.length))
  return {
    digits: repeated('1'),
    'digits that end in a letter': `${repeated('1')}x`,
    'a fraction that ends in a letter': `1.${repeated('0')}x`,
    'an exponent': `1e${repeated('9')}`,
    'spaces before a letter': `${repeated(' ')}x`,
    'quotes and backslashes': repeated('"\\'),
    'an open quote': `${repeated('"\\"')}\\`,
    brackets: repeated('['),
    'closed brackets': repeated('[]'),
    commas: repeated(','),
    colons: repeated('1:'),
    semicolons: repeated('; r='),
    hyphens: `en${repeated('-a')}`,
    'hyphens between letters': `a${repeated('-')}a`,
    dots: repeated('.'),
    letters: `${repeated('A')}!`,
    ampersands: repeated('a&'),
    slashes: repeated('/a'),
    percents: repeated('%2e'),
    equals: repeated('a='),
  }
}

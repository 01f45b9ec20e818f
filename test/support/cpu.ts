/** Returns the CPU milliseconds of this process while it runs, which another process on the machine does not lengthen. */
export async function cpuMilliseconds(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
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

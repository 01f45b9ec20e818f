/** Achievements of the same name but for case, width and white space: for a person to judge, never merged. */
export function sameNames(name: string, names: ReadonlyMap<string, string>): readonly string[] {
  const wanted = plain(name)
  if (wanted === '') return []
  return [...names].filter(([, other]) => plain(other) === wanted).map(([id]) => id)
}

function plain(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

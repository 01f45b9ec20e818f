/**
 * Returns a path of the contract, a loss or a finding as the fields of the editor are named: in snake case, below the achievement:
 * `$.achievement.lockedDescription` is `locked_description`. Keys of maps, such as languages, stay.
 */
export function fieldPath(path: string): string {
  const inside = path.replace(/^\$?\.?(achievement\.)?/, '')
  const [, before = inside, key = ''] = /^(.*?\.translations|ids|extensions)(\..*)$/.exec(inside) ?? []
  return before.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) + key
}

/** Returns the id of the element that edits a field. */
export function fieldId(path: string): string {
  return `field-${path}`
}

/** Whether a path is a field or inside of it. */
export function isWithin(path: string, field: string): boolean {
  return path === field || (path.startsWith(field) && /^[.[]/.test(path.slice(field.length)))
}

/** Returns the element that edits a field, or the nearest one around it; undefined if it cannot be edited. */
export function elementOf(path: string): HTMLElement | undefined {
  let current = fieldPath(path)
  for (;;) {
    const found = document.getElementById(fieldId(current))
    if (found !== null) return found
    const end = Math.max(current.lastIndexOf('.'), current.lastIndexOf('['))
    if (end <= 0) return undefined
    current = current.slice(0, end)
  }
}

/** Scrolls to the control of a field, and focuses it. */
export function focusField(path: string): void {
  const element = elementOf(path)
  element?.closest('details')?.setAttribute('open', '')
  element?.scrollIntoView({ block: 'center' })
  const controls = 'input, select, textarea, button'
  const control = element?.matches(controls) ? element : element?.querySelector<HTMLElement>(controls)
  control?.focus({ preventScroll: true })
}

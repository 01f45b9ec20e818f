import type { Adapter, Canonical, EncodeContext, Shape } from './adapter.ts'

export type Purpose = EncodeContext['purpose']

/** The part of a record that an entry of each purpose carries. */
const PARTS = { definition: 'achievement', progress: 'progress', summary: 'summary' } as const

const PURPOSES = Object.keys(PARTS) as readonly Purpose[]

export function shapeNamed(adapter: Adapter, name: string): Shape | undefined {
  return adapter.shapes.find((shape) => shape.name === name)
}

/** The dialect's default shape for a purpose; undefined if it has none. */
export function shapeFor(adapter: Adapter, purpose: Purpose): Shape | undefined {
  const name = adapter.usualShapes[purpose]
  return name === undefined ? undefined : shapeNamed(adapter, name)
}

/** The first purpose that the shape, or any shape, can carry of a record; undefined if there is none. */
export function purposeOf(
  adapter: Adapter,
  record: Canonical,
  shape: Shape | undefined,
): Purpose | undefined {
  return PURPOSES.find((purpose) => {
    if (record[PARTS[purpose]] === undefined) return false
    return shape === undefined ? shapeFor(adapter, purpose) !== undefined : shape.carries.includes(purpose)
  })
}

/** The parts of a record that a shape cannot carry. */
export function partsLeftOut(
  record: Canonical,
  shape: Shape,
): readonly ('achievement' | 'progress' | 'summary')[] {
  return PURPOSES.filter(
    (purpose) => record[PARTS[purpose]] !== undefined && !shape.carries.includes(purpose),
  ).map((purpose) => PARTS[purpose])
}

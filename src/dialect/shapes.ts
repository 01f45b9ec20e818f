import type { Adapter, Canonical, EncodeContext, Shape } from './adapter.ts'

type Purpose = EncodeContext['purpose']

/** What a record holds, by what an entry can be written for. */
const PARTS = { definition: 'achievement', progress: 'progress', summary: 'summary' } as const

const PURPOSES = Object.keys(PARTS) as readonly Purpose[]

export function shapeNamed(adapter: Adapter, name: string): Shape | undefined {
  return adapter.shapes.find((shape) => shape.name === name)
}

/** The dialect's usual shape for a purpose; undefined when it has no place for it. */
export function shapeFor(adapter: Adapter, purpose: Purpose): Shape | undefined {
  const name = adapter.usualShapes[purpose]
  return name === undefined ? undefined : shapeNamed(adapter, name)
}

/** What a record is best written for: in the given shape, or in any. Undefined when nothing of it fits. */
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

/** The record's parts that a shape has no place for. */
export function partsLeftOut(
  record: Canonical,
  shape: Shape,
): readonly ('achievement' | 'progress' | 'summary')[] {
  return PURPOSES.filter(
    (purpose) => record[PARTS[purpose]] !== undefined && !shape.carries.includes(purpose),
  ).map((purpose) => PARTS[purpose])
}

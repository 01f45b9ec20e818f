import type { Achievement, Requirement } from '../../src/model/achievement.ts'

/** An achievement that says nothing but its id, to be told more. */
export function achievementOf(parts: Partial<Achievement> = {}): Achievement {
  const id = parts.id ?? 'first-blood'
  return {
    id,
    listOrder: 0,
    name: { locale: 'en', text: id, translations: {} },
    description: { locale: 'en', text: `You did ${id}`, translations: {} },
    lockedDescription: undefined,
    hidden: false,
    serverOnly: false,
    kind: 'persistent',
    window: undefined,
    participation: 'individual',
    requirements: [],
    rewards: [],
    media: [],
    tags: [],
    platforms: [],
    productId: undefined,
    deepLink: undefined,
    estimatedTime: undefined,
    titleAssociations: [],
    ids: {},
    extensions: {},
    createTime: undefined,
    updateTime: undefined,
    ...parts,
  }
}

export function requirementOf(parts: Partial<Requirement> = {}): Requirement {
  return {
    id: 'count',
    statCode: undefined,
    operator: 'at_least',
    target: 10n,
    valueType: 'integer',
    ...parts,
  }
}

/** What unlocking is worth. */
export function gamerscore(value: number): Achievement['rewards'] {
  return [
    { kind: 'gamerscore', value: String(value), name: undefined, description: undefined, media: undefined },
  ]
}

import type { Achievement, Requirement } from '../../src/model/achievement.ts'

/** Returns an achievement with defaults for everything but the given parts. */
export function achievementOf(parts: Partial<Achievement> = {}): Achievement {
  const id = parts.id ?? 'first-blood'
  return {
    id,
    listOrder: 0,
    lifecycle: 'live',
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

/** Returns a reward of so much gamerscore. */
export function gamerscore(value: number): Achievement['rewards'] {
  return [
    { kind: 'gamerscore', value: String(value), name: undefined, description: undefined, media: undefined },
  ]
}

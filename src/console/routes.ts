import type { ComponentType } from 'preact'
import type { PageProps, Parameters } from './page-props.ts'
import { BASE, decodeSegment } from './router.ts'

export interface Route {
  /** Below `/console`; `:name` matches one segment. */
  readonly path: string
  /** The page's name for people, and its link in the navigation of a title, if `nav` is set. */
  readonly title: string
  /** The navigation that lists it. */
  readonly nav?: 'title' | 'server'
  /** Loads the page's chunk. */
  readonly load: () => Promise<ComponentType<PageProps>>
}

/** Every page. Routes with `nav` appear in this order. */
export const ROUTES: readonly Route[] = [
  {
    path: 'titles/:title',
    title: 'Achievements',
    nav: 'title',
    load: async () => (await import('./pages/achievements/achievements.tsx')).Achievements,
  },
  {
    path: 'titles/:title/exchange',
    title: 'Import and export',
    nav: 'title',
    load: async () => (await import('./pages/exchange/exchange.tsx')).Exchange,
  },
  {
    path: 'titles/:title/settings',
    title: 'Settings',
    nav: 'title',
    load: async () => (await import('./pages/title/title.tsx')).TitleSettings,
  },
  {
    path: 'titles/:title/achievements/:achievement',
    title: 'Achievement',
    load: async () => (await import('./pages/achievement/achievement.tsx')).Achievement,
  },
  {
    path: 'titles/:title/new-achievement',
    title: 'New achievement',
    load: async () => (await import('./pages/new-achievement/new-achievement.tsx')).NewAchievement,
  },
  {
    path: '',
    title: 'Titles',
    nav: 'server',
    load: async () => (await import('./pages/titles/titles.tsx')).Titles,
  },
  { path: 'titles/:title/players', title: 'Players', nav: 'title', load: loadPlayers },
  { path: 'titles/:title/players/:player', title: 'Player', load: loadPlayer },
  {
    path: 'titles/:title/destinations',
    title: 'Destinations',
    nav: 'title',
    load: async () => (await import('./pages/destinations/destinations.tsx')).Destinations,
  },
  {
    path: 'titles/:title/destinations/:destination',
    title: 'Destination',
    load: async () => (await import('./pages/destination/destination.tsx')).Destination,
  },
  {
    path: 'titles/:title/live',
    title: 'Live',
    nav: 'title',
    load: async () => (await import('./pages/live/live.tsx')).Live,
  },
  {
    path: 'titles/:title/community',
    title: 'Community goals',
    nav: 'title',
    load: async () => (await import('./pages/community/community.tsx')).Community,
  },
  {
    path: 'titles/:title/community/:achievement',
    title: 'Community goal',
    load: async () => (await import('./pages/community/community-goal.tsx')).CommunityGoal,
  },
  { path: 'titles/:title/audit', title: 'Audit', nav: 'title', load: loadAudit },
  { path: 'players', title: 'Players', nav: 'server', load: loadPlayers },
  { path: 'players/:player', title: 'Player', load: loadPlayer },
  { path: 'audit', title: 'Audit', nav: 'server', load: loadAudit },
  {
    path: 'dialects',
    title: 'Dialects',
    nav: 'server',
    load: async () => (await import('./pages/dialects/dialects.tsx')).Dialects,
  },
]

// Pages that are within a title and outside of titles.
async function loadPlayers() {
  return (await import('./pages/players/players.tsx')).Players
}
async function loadPlayer() {
  return (await import('./pages/player/player.tsx')).Player
}
async function loadAudit() {
  return (await import('./pages/audit/audit.tsx')).Audit
}

export interface Match {
  readonly route: Route
  readonly parameters: Parameters
}

/** Returns the page of a path; undefined for a path of none. */
export function matchRoute(path: string): Match | undefined {
  const segments = segmentsOf(path.slice(BASE.length))
  for (const route of ROUTES) {
    const parameters = matchSegments(segmentsOf(route.path), segments)
    if (parameters !== undefined) return { route, parameters }
  }
  return undefined
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter(Boolean)
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Parameters | undefined {
  if (pattern.length !== segments.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = decodeSegment(segments[index] ?? '')
    if (part.startsWith(':')) parameters[part.slice(1)] = segment
    else if (part !== segment) return undefined
  }
  return parameters
}

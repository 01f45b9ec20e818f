/** The documents that state the rules of `lint.ts`. */
export const POLICIES = 'XR-055, microsoft/GDK: docs/gc/policies/pc/live-policies-pc.md'
export const EVENT_BASED_PAGE = 'microsoft/GDK: docs/gc, live-achievements-eb-portal.md'
export const VERSUS_PAGE = 'microsoft/GDK: docs/gc, live-achievements-eb-vs-tm.md'
export const CHALLENGE_PAGE = 'microsoft/GDK: docs/gc, live-challenges-eb-portal.md'
export const CONFIG_PAGE = 'microsoft/xbox-live-developer-tools: CONFIGASSOURCE.md'
export const ACHIEVEMENT_PAGE =
  'https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-achievementv2'

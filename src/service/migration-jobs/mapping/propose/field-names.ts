/** Spellings of the names of fields, without case and without anything but letters and digits; the best first. */
export const PLAYER_NAMES = names(`
  playerid userid xuid xboxuserid playfabid masterplayeraccountid titleplayeraccountid steamid steamid64 discorduserid discordid
  accountid profileid memberid customerid personaid gamerid productuserid puid subjectid ownerid openid psnid uid
  player user account profile member owner
`)
export const ACHIEVEMENT_NAMES = names(`
  achievementid achievementcode achievementkey achievementapiname achievementshortcode apiname shortcode trophyid trophycode badgeid
  badgecode medalid awardid challengeid achievement trophy badge medal award achievementname trophyname badgename statisticname
  statname statcode
`)
/** Of a record in a list that is named after achievements. */
export const OWN_ACHIEVEMENT_NAMES = [...ACHIEVEMENT_NAMES, ...names('id code key name')]
export const TITLE_NAMES = names(
  'titleid gameid appid applicationid scid serviceconfigid namespace title game product',
)
export const PERCENT_NAMES = names(`
  percentcomplete percentcompleted percentagecomplete percentagecompleted completionpercentage completionpercent completepercent
  progresspercent progresspercentage percentage percent pct completionrate basispoints bps fraction ratio completion
`)
export const VALUE_NAMES = names(`
  progress currentprogress progressvalue currentvalue current currentsteps stepscompleted steps numsteps latestvalue statisticvalue
  statvalue count value amount
`)
export const TARGET_NAMES = names(
  'target targetvalue goal goalvalue maxvalue maxprogress totalsteps required total max',
)
export const FLAG_NAMES = names(`
  unlocked isunlocked hasunlocked achieved isachieved completed iscompleted complete iscomplete earned isearned awarded granted done isdone
  progressstate achievementstate unlockstatus completionstatus achievementstatus status state
`)
export const REVOKED_NAMES = names('revoked isrevoked')
export const TIME_NAMES = names(`
  unlocktime unlockedat timeunlocked unlockedtime unlockedon unlockdate unlockeddate dateunlocked unlocktimestamp unlockedtimestamp
  achievedat achievedtime achievedon achieveddate dateachieved timeachieved earnedat earnedtime earnedon earneddate dateearned
  earneddatetime completedat completedtime completedon completeddate datecompleted completiontime completiondate awardedat awarddate
  grantedat unlocked achieved earned completed timestamp datetime date time when ts createdat creationdate createdtime
`)
/** Names of the time at which a record last changed. */
export const UPDATE_TIME_NAMES = names(`
  updatetime updatedat updatedtime updatedon updatedate dateupdated timeupdated updatetimestamp lastupdated lastupdatedat lastupdatedtime
  lastupdate lastupdatetime lastmodified lastmodifiedat lastmodifiedtime lastmodifieddate datelastmodified modifiedat modifiedtime
  modifiedon modifieddate modificationtime lastchanged lastchangedat changedat updated modified
`)
/** Times of other events than the unlock: they are taken if there is nothing better, and named as doubtful. */
export const DOUBTFUL_TIME_NAMES: ReadonlySet<string> = new Set(
  names('timestamp datetime date time when ts createdat creationdate createdtime'),
)
export const LIST_NAMES = names(`
  achievements achievementprogress playerachievements userachievements unlockedachievements earnedachievements trophies badges medals
  awards unlocks progress statistics stats records items results data
`)
/** Lists whose records have the achievement's id as their own. */
export const ACHIEVEMENT_LIST_NAMES: ReadonlySet<string> = new Set(
  names(`achievements achievementprogress playerachievements userachievements unlockedachievements earnedachievements trophies
    badges medals awards unlocks`),
)

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}

/** Returns a name in the form of the lists above: `User ID`, `user_id` and `userId` are the same. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** Shorter names also end many other words. */
const MIN_ENDING = 6
const ENDING_RANK = 1000

/**
 * Returns how well a field is named by one of the names: 0 is best, undefined if it is not. A path is named by its last members too
 * (`user.id`), and by a name that it ends with (`game_player_id`).
 */
export function nameRank(path: string, known: readonly string[]): number | undefined {
  const members = path.split('.').filter((name) => name !== '' && !name.startsWith('$'))
  const endings = members.map((_, index) => normalName(members.slice(index).join('')))
  const ranks = endings.map((name) => known.indexOf(name)).filter((rank) => rank !== -1)
  if (ranks.length > 0) return Math.min(...ranks)
  const last = endings.at(-1) ?? ''
  const rank = known.findIndex((name) => name.length >= MIN_ENDING && last.endsWith(name))
  return rank === -1 ? undefined : ENDING_RANK + rank
}

/** Returns the known name that a field has; empty if it has none. */
export function knownName(path: string, known: readonly string[]): string {
  const rank = nameRank(path, known)
  return rank === undefined ? '' : (known[rank % ENDING_RANK] ?? '')
}

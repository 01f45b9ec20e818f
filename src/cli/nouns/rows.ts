/** A command that calls one RPC: `laurel <noun> <verb>`. Options follow from the other fields of the request. */
export interface Verb {
  readonly rpc: string
  /** The fields of the request that are arguments, in order, as paths; `?` after the last one: it may be left out. */
  readonly arguments: readonly string[]
  /** Asks for confirmation, because the change cannot be undone by another command. */
  readonly isDestructive: boolean
  /** The path of the records within the response, if they are not its first field. */
  readonly records: string | undefined
}

export interface Noun {
  readonly description: string
  readonly verbs: Readonly<Record<string, Verb>>
}

const TITLE = ['title_id']
const ACHIEVEMENT = ['title_id', 'achievement_id']
const PROGRESS = ['title_id', 'player_id', 'achievement_id']
const DESTINATION = ['title_id', 'destination_id']
const DELIVERY = [...DESTINATION, 'event_id']
const PLAN = ['title_id', 'plan_id']
const JOB = ['title_id', 'job_id']
const ACCOUNT = ['dialect', 'account_id']

/** RPCs without a row are called by `laurel call`, or by a command of their own such as `import` and `lint`. */
export const NOUNS: Readonly<Record<string, Noun>> = {
  titles: {
    description: 'games, which own achievements and stats',
    verbs: {
      list: verb('TitleService/ListTitles'),
      get: verb('TitleService/GetTitle', TITLE),
      create: verb('TitleService/CreateTitle', within('title', TITLE)),
      update: verb('TitleService/UpdateTitle', within('title', TITLE)),
      delete: destructive('TitleService/DeleteTitle', TITLE),
    },
  },
  achievements: {
    description: 'the definitions of a title’s achievements',
    verbs: {
      list: verb('AchievementService/ListAchievements', TITLE),
      get: verb('AchievementService/GetAchievement', ACHIEVEMENT),
      create: verb('AchievementService/CreateAchievement', within('achievement', ACHIEVEMENT)),
      update: verb('AchievementService/UpdateAchievement', within('achievement', ACHIEVEMENT)),
      reorder: verb('AchievementService/ReorderAchievement', [...ACHIEVEMENT, 'list_order']),
      delete: destructive('AchievementService/DeleteAchievement', ACHIEVEMENT),
      totals: verb('AchievementService/ListUnlockTotals', TITLE),
      preview: verb('ExchangeService/PreviewAchievement', ['title_id', 'achievement_id?']),
      revisions: verb('AchievementService/ListAchievementRevisions', ACHIEVEMENT),
      restore: verb('AchievementService/RestoreAchievementRevision', [...ACHIEVEMENT, 'revision_id']),
      backfill: verb('AchievementService/GetBackfill', ACHIEVEMENT),
      backfills: verb('AchievementService/ListBackfills', TITLE),
    },
  },
  stats: {
    description: 'the definitions of a title’s stats, and the values of its players',
    verbs: {
      list: verb('StatService/ListStats', TITLE),
      get: verb('StatService/GetStat', ['title_id', 'stat_code']),
      create: verb('StatService/CreateStat', within('stat', ['title_id', 'stat_code'])),
      update: verb('StatService/UpdateStat', within('stat', ['title_id', 'stat_code'])),
      delete: destructive('StatService/DeleteStat', ['title_id', 'stat_code']),
      values: verb('StatService/ListStatValues', ['title_id', 'player_id']),
    },
  },
  plans: {
    description:
      'changes of definitions to look at before they are applied; laurel import --plan makes one of a document',
    verbs: {
      promote: verb('PlanService/PlanPromotion', ['title_id', 'source_title_id']),
      reverse: verb('PlanService/PlanReversal', PLAN),
      get: verb('PlanService/GetPlan', PLAN),
      changes: verb('PlanService/ListPlanChanges', PLAN),
      apply: verb('PlanService/ApplyPlan', PLAN),
    },
  },
  'migration-jobs': {
    description: 'bulk imports of players’ progress; laurel migrate feeds them',
    verbs: {
      list: verb('MigrationJobService/ListMigrationJobs', TITLE),
      get: verb('MigrationJobService/GetMigrationJob', JOB),
      create: verb('MigrationJobService/CreateMigrationJob', within('job', JOB)),
      pause: verb('MigrationJobService/PauseMigrationJob', JOB),
      resume: verb('MigrationJobService/ResumeMigrationJob', JOB),
      cancel: verb('MigrationJobService/CancelMigrationJob', JOB),
      finish: verb('MigrationJobService/FinishMigrationJob', JOB),
      refusals: verb('MigrationJobService/ListMigrationRefusals', JOB),
      conflicts: verb('MigrationJobService/ListMigrationConflicts', JOB),
      delete: destructive('MigrationJobService/DeleteMigrationJob', JOB),
    },
  },
  players: {
    description: 'players, who belong to no title',
    verbs: {
      list: verb('PlayerService/ListPlayers'),
      get: verb('PlayerService/GetPlayer', ['player_id']),
      find: verb('PlayerService/FindPlayer', ACCOUNT),
      create: verb('PlayerService/CreatePlayer', within('player', ['player_id'])),
      update: verb('PlayerService/UpdatePlayer', within('player', ['player_id'])),
      merge: destructive('PlayerService/MergePlayers', ['player_id', 'absorbed_player_id']),
      delete: destructive('PlayerService/DeletePlayer', ['player_id']),
    },
  },
  accounts: {
    description: 'the ids of players on the platforms',
    verbs: {
      list: verb('PlayerService/GetPlayer', ['player_id'], 'player.accounts'),
      find: verb('PlayerService/FindPlayer', ACCOUNT),
      link: verb(
        'PlayerService/LinkAccount',
        ['player_id', ...within('account', ACCOUNT)],
        'player.accounts',
      ),
      unlink: verb(
        'PlayerService/UnlinkAccount',
        ['player_id', ...within('account', ACCOUNT)],
        'player.accounts',
      ),
    },
  },
  progress: {
    description: 'the progress of players in a title',
    verbs: {
      list: verb('ProgressService/ListProgress', ['title_id', 'player_id']),
      get: verb('ProgressService/GetProgress', PROGRESS),
      summary: verb('ProgressService/GetPlayerSummary', ['title_id', 'player_id']),
      summaries: verb('ProgressService/ListPlayerSummaries', ['player_id']),
      record: verb('ProgressService/RecordProgress', PROGRESS),
      unlock: verb('ProgressService/UnlockAchievement', PROGRESS),
      grant: verb('ProgressService/GrantAchievement', PROGRESS),
      revoke: verb('ProgressService/RevokeAchievement', PROGRESS),
      restore: verb('ProgressService/RestoreAchievement', PROGRESS),
      reset: destructive('ProgressService/ResetProgress', ['title_id', 'player_id', 'achievement_id?']),
    },
  },
  community: {
    description: 'achievements that all players of a title earn together',
    verbs: {
      list: verb('CommunityService/ListCommunityProgress', TITLE),
      contributors: verb('CommunityService/ListContributors', ACHIEVEMENT),
      contributions: verb('CommunityService/ListContributions', ['title_id', 'player_id']),
      claim: verb('CommunityService/ClaimReward', PROGRESS),
      reset: destructive('CommunityService/ResetCommunityProgress', ACHIEVEMENT),
    },
  },
  events: {
    description: 'the history of a title',
    verbs: { list: verb('EventService/ListEvents', TITLE) },
  },
  audit: {
    description: 'the administrative changes, and who made them',
    verbs: { list: verb('AuditService/ListAuditEntries') },
  },
  callers: {
    description: 'the caller, and what it may do',
    verbs: { get: verb('CallerService/GetCaller', ['title_id?'], 'permissions') },
  },
  destinations: {
    description: 'platforms and webhooks that receive the events of a title',
    verbs: {
      list: verb('DestinationService/ListDestinations', TITLE),
      get: verb('DestinationService/GetDestination', DESTINATION),
      health: verb('DestinationService/GetDestinationHealth', DESTINATION),
      create: verb('DestinationService/CreateDestination', within('destination', DESTINATION)),
      update: verb('DestinationService/UpdateDestination', within('destination', DESTINATION)),
      pause: verb('DestinationService/PauseDestination', DESTINATION),
      resume: verb('DestinationService/ResumeDestination', DESTINATION),
      test: verb('DestinationService/TestDestination', DESTINATION),
      delete: destructive('DestinationService/DeleteDestination', DESTINATION),
    },
  },
  deliveries: {
    description: 'the events sent to a destination',
    verbs: {
      list: verb('DestinationService/ListDeliveries', DESTINATION),
      get: verb('DestinationService/GetDelivery', DELIVERY),
      replay: verb('DestinationService/ReplayDelivery', DELIVERY),
      'replay-all': verb('DestinationService/ReplayDeliveries', DESTINATION),
      'of-player': verb('DestinationService/ListAchievementDeliveries', ['title_id', 'player_id']),
    },
  },
}

function verb(rpc: string, fields: readonly string[] = [], records?: string): Verb {
  return { rpc, arguments: fields, isDestructive: false, records }
}

function destructive(rpc: string, fields: readonly string[]): Verb {
  return { ...verb(rpc, fields), isDestructive: true }
}

function within(message: string, fields: readonly string[]): readonly string[] {
  return fields.map((field) => `${message}.${field}`)
}

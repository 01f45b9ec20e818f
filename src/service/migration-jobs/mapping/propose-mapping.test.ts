import { describe, expect, test } from 'vitest'
import { CONTEXT, recordsOf } from '../../../../test/support/migration-inputs.ts'
import type { MappedTime, MigrationMapping } from '../../../model/migration-mapping.ts'
import { proposeMapping } from './propose-mapping.ts'

const rows = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => row(index)).join('\n')

async function proposed(text: string, source: string) {
  return await proposeMapping(Buffer.from(text), source, CONTEXT.dialects)
}

/** Shows a mapping in a line. */
function shown({
  format,
  records,
  title,
  player,
  achievement,
  values,
  unlocked,
  revoked,
  unlockTime,
  updateTime,
}: MigrationMapping) {
  const timeParts = ({ field, format, pattern, unknownTexts }: MappedTime) =>
    [field, format, pattern, ...unknownTexts].filter((part) => part !== '').join(' ')
  const parts = [
    records === '' ? '' : `records ${records}`,
    title === undefined ? '' : `title ${title.field}`,
    player === undefined ? '' : `player ${player.field}`,
    achievement === undefined ? '' : `achievement ${achievement.field}`,
    ...values.map(({ field, unit, scale }) => `${unit} ${field}${scale === 1 ? '' : ` x ${scale}`}`),
    unlocked === undefined ? '' : `unlocked ${[unlocked.field, ...unlocked.trueTexts].join(' ')}`,
    revoked === undefined ? '' : `revoked ${revoked.field}`,
    unlockTime === undefined ? '' : `time ${timeParts(unlockTime)}`,
    updateTime === undefined ? '' : `updated ${timeParts(updateTime)}`,
  ]
  return [format, ...parts.filter((part) => part !== '')].join(', ')
}

interface Case {
  readonly source: string
  readonly text: string
  readonly mapping: string
  /** Records that the mapping reads; none is refused. */
  readonly count: number
}

const CASES: Readonly<Record<string, Case>> = {
  'a table with the times of unlocks and of changes': {
    source: 'progress.csv',
    text: `user_id,achievement_id,percent,created_at,unlocked_at,updated_at\n${rows(
      12,
      (index) => `u${index},first,50,2020-01-02 03:04:05,,2023-04-01 12:33:44`,
    )}\nu99,first,100,2020-01-02 03:04:05,2023-04-02 12:33:44,2023-04-02 12:33:44\n`,
    mapping:
      'csv, player user_id, achievement achievement_id, percent percent, time unlocked_at rfc3339, updated updated_at rfc3339',
    count: 13,
  },
  'records with the times of changes of their definitions': {
    source: 'progress.jsonl',
    text: '{"user": {"id": "u1"}, "achievement": {"id": "first", "updatedAt": 1680352424}, "percent": 50, "lastModified": 1680352425}\n',
    mapping:
      'json_lines, player user.id, achievement achievement.id, percent percent, updated lastModified unix_seconds',
    count: 1,
  },
  'GameSparks, a table of its achievement events': {
    source: 'gs-export.csv',
    text: 'playerId,userName,shortCode,earned,when\n5f1,Ann,FIRST_WIN,true,2020-06-01T10:00:00.000Z\n5f2,Bob,FIRST_WIN,false,\n',
    mapping: 'csv, player playerId, achievement shortCode, unlocked earned, time when rfc3339',
    count: 2,
  },
  'GameSparks, a document of a player': {
    source: 'players/5f1e.json',
    text: '{"_id": {"$oid": "5f1e"}, "displayName": "Ann", "currency1": 120, "achievements": ["FIRST_WIN", "TEN_WINS"]}',
    mapping: 'player_documents, records achievements, player $file, achievement $value',
    count: 2,
  },
  'PlayFab, a table of statistics': {
    source: 'statistics.csv',
    text: 'TitleId,PlayFabId,StatisticName,StatisticValue,Version\nA1B2,F0E1D2C3B4A59687,Kills,250,0\nA1B2,F0E1D2C3B4A59688,Wins,3,0\n',
    mapping: 'csv, player PlayFabId, achievement StatisticName, steps StatisticValue',
    count: 2,
  },
  'Steam, the achievements of a player': {
    source: '76561197960435530.json',
    text: JSON.stringify({
      playerstats: {
        steamID: '76561197960435530',
        gameName: 'Harbor',
        achievements: [
          { apiname: 'TF_PLAY', achieved: 1, unlocktime: 1_680_352_424 },
          { apiname: 'TF_WIN', achieved: 0, unlocktime: 0 },
        ],
        success: true,
      },
    }),
    mapping:
      'player_documents, records playerstats.achievements, player $.playerstats.steamID, achievement apiname, unlocked achieved, ' +
      'time unlocktime unix_seconds',
    count: 2,
  },
  'snowflakes with percents, as JSON lines': {
    source: 'progress.jsonl',
    text: rows(3, (index) =>
      JSON.stringify({
        user_id: '80351110224678912',
        achievement_id: `61223344556677890${index}`,
        percent_complete: index * 50,
        unlocked_at: index === 2 ? '2019-11-19T18:03:11.471000+00:00' : null,
      }),
    ),
    mapping:
      'json_lines, player user_id, achievement achievement_id, percent percent_complete, time unlocked_at rfc3339',
    count: 3,
  },
  'xuids with a state and the first day as a placeholder': {
    source: 'export.tsv',
    text: 'xuid\tachievementId\tprogressState\ttimeUnlocked\n2814651093377005\t1\tAchieved\t2023-04-01T12:33:44.1234567Z\n2814651093377006\t2\tInProgress\t0001-01-01T00:00:00.0000000Z\n',
    mapping:
      'tsv, player xuid, achievement achievementId, unlocked progressState Achieved, time timeUnlocked rfc3339',
    count: 2,
  },
  'codes of states, of which one has an unlock time': {
    source: 'user-achievements.jsonl',
    text: [
      {
        userId: 'a',
        achievementCode: 'first-light',
        status: 2,
        latestValue: 10,
        achievedAt: '2024-03-12T18:42:58.5Z',
      },
      {
        userId: 'a',
        achievementCode: 'miles',
        status: 1,
        latestValue: 3,
        achievedAt: '0001-01-01T00:00:00Z',
      },
      {
        userId: 'b',
        achievementCode: 'storm',
        status: 2,
        latestValue: 500,
        achievedAt: '2024-03-13T18:42:58.5Z',
      },
    ]
      .map((entry) => JSON.stringify(entry))
      .join('\n'),
    mapping:
      'json_lines, player userId, achievement achievementCode, steps latestValue, unlocked status 2, time achievedAt rfc3339',
    count: 3,
  },
  'semicolons, fractions and local times': {
    source: 'a.csv',
    text: 'Account ID;Trophy;Progress;Date Earned\n7;gold;0.25;\n8;gold;1;24.12.2022 18:30\n',
    mapping:
      'csv, player Account ID, achievement Trophy, fraction Progress, time Date Earned pattern d.M.yyyy H:mm',
    count: 2,
  },
  'basis points and milliseconds': {
    source: 'a.csv',
    text: 'uid,badge,completion_percent,unlock_timestamp\n7,gold,10000,1680352424123\n8,gold,2550,0\n',
    mapping:
      'csv, player uid, achievement badge, percent completion_percent x 0.01, time unlock_timestamp unix_milliseconds',
    count: 2,
  },
  '.NET ticks and texts for no time': {
    source: 'a.csv',
    text: 'player,achievement,unlockedAt\n7,gold,638159492241234567\n8,gold,N/A\n',
    mapping: 'csv, player player, achievement achievement, unlocked unlockedAt *, time unlockedAt ticks N/A',
    count: 2,
  },
  'days of the American order': {
    source: 'a.csv',
    text: 'player,achievement,date\n7,gold,12/24/2022\n8,gold,1/2/2023\n',
    mapping: 'csv, player player, achievement achievement, unlocked date *, time date pattern M/d/yyyy',
    count: 2,
  },
  'a time that many records share': {
    source: 'a.csv',
    text: `player,achievement,unlocked_at\n${rows(20, (index) => `${index},gold,${index < 8 ? '2007-10-09T00:00:00Z' : `2020-01-${index + 10}T00:00:00Z`}`)}`,
    mapping:
      'csv, player player, achievement achievement, unlocked unlocked_at *, time unlocked_at rfc3339 2007-10-09T00:00:00Z',
    count: 20,
  },
  'nested members and several titles': {
    source: 'a.jsonl',
    text: [1, 2]
      .map((game) =>
        JSON.stringify({ user: { id: 7 }, game: { id: game }, achievement: { id: 'x', isUnlocked: true } }),
      )
      .join('\n'),
    mapping:
      'json_lines, title game.id, player user.id, achievement achievement.id, unlocked achievement.isUnlocked',
    count: 2,
  },
  'unlock times by achievement in a document': {
    source: '7.json',
    text: '{"level": 3, "achievements": {"first": 1680352424, "second": 1680352425}}',
    mapping:
      'player_documents, records achievements, player $file, achievement $key, unlocked $value *, time $value unix_seconds',
    count: 2,
  },
  'a list of records': {
    source: 'all.json',
    text: '[{"player": "a", "achievement": "x", "completed": true}, {"player": "b", "achievement": "x", "completed": false}]',
    mapping: 'player_documents, player player, achievement achievement, unlocked completed',
    count: 2,
  },
}

describe('a proposed mapping', () => {
  test.each(Object.entries(CASES))('reads %s', async (_, { source, text, mapping, count }) => {
    const proposal = await proposed(text, source)
    expect(shown(proposal.mapping)).toBe(mapping)
    const records = await recordsOf(proposal.mapping, proposal.content)
    expect(records.filter((record) => 'refusal' in record)).toEqual([])
    expect(records).toHaveLength(count)
    expect(proposal.reasons.length).toBeGreaterThanOrEqual(3)
  })

  test('takes accounts of a dialect by the name of its accounts and by the name of the file', async () => {
    for (const [id, { ids }] of CONTEXT.dialects) {
      const account = '2814651093377005'
      expect(ids.account.accepts(account)).toBe(true)
      const { mapping } = await proposed(`player_id,achievement_id\n${account},1\n`, `${id}-export.csv`)
      expect(mapping.player).toEqual({ field: 'player_id', dialect: id, usesIdentities: false })
    }
    const { mapping, reasons } = await proposed('xuid,achievement_id\n2814651093377005,1\n', 'a.csv')
    expect(mapping.player?.dialect).toBeDefined()
    expect(reasons.join('\n')).toContain('player: xuid, as in "2814651093377005", as an account in ')
  })

  test('names what to check', async () => {
    const text =
      'player,game_id,achievement,progress,target,status,date\na,9,x,3,10,zz,1/2/2023\nb,9,y,20,20,qq,3/4/2023\n'
    const { reasons } = await proposed(text, 'a.csv')
    expect(reasons).toEqual(
      expect.arrayContaining([
        expect.stringContaining('as a player id of Laurel; if it is an account, set player.dialect ('),
        expect.stringContaining('not mapped: game_id, which is "9" in the first records'),
        expect.stringContaining('not mapped: status: which of "zz", "qq" mean unlocked?'),
        expect.stringContaining('check that the target of each achievement is the one in target'),
        expect.stringContaining('the times have no offset and are read as UTC'),
        expect.stringContaining('check M/d/yyyy against d/M/yyyy'),
        expect.stringContaining('check that date is the time of the unlock'),
      ]),
    )
  })

  test.each<[string, string, string]>([
    [
      'gamertag,percent\nann,20\n',
      'a.csv',
      'no field is recognised as the player and the achievement among "gamertag", "percent"',
    ],
    [
      'player,percent\nann,20\n',
      'a.csv',
      '{"format":"CSV","player":{"field":"player"},"achievement":{"field":"COLUMN"}}',
    ],
    [
      'player,badge,status\nann,x,3\nbob,y,4\n',
      'a.csv',
      'is needed: not mapped: status: which of "3", "4" mean unlocked?',
    ],
    [
      'player,badge,done\nann,x,on\nbob,y,off\n',
      'a.csv',
      'is needed: not mapped: done: which of "on", "off" mean unlocked?',
    ],
    [
      `player,badge,unlocked\n${rows(20, (index) => `ann,x,code ${index}`)}\n`,
      'a.csv',
      'is needed: not mapped: unlocked: which of "code 0", "code 1", "code 2", "code 3", "code 4" mean unlocked?',
    ],
    ['hello\nworld\n', 'a.txt', 'the first line is neither JSON nor a header'],
    ['player,achievement\n', 'a.csv', 'has a header and no rows'],
    [
      '{"a": 1}',
      'a.json',
      'has no list of records with an achievement. Give a mapping: {"format": "PLAYER_DOCUMENTS"',
    ],
    ['[{"player": "a", "achievement": "x"}, {"pl', 'a.json', "jq -c '.[]'"],
    ['{"player": 1, "unlocks": ["x"]}\n{"player": 2, "unlocks": ["x"]}\n', 'a.jsonl', 'jq -c'],
    ['\u001f\u008b', 'a.gz', 'the first line is neither JSON'],
  ])('is refused for %j, with advice', async (text, source, message) => {
    await expect(proposed(text, source)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(message),
    })
  })
})

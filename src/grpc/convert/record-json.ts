import { Achievement } from '../../gen/laurel/v1/achievement.ts'
import { Destination } from '../../gen/laurel/v1/destination.ts'
import { ImportSummary } from '../../gen/laurel/v1/exchange.ts'
import { MigrationJob } from '../../gen/laurel/v1/migration_job.ts'
import { Plan } from '../../gen/laurel/v1/plan.ts'
import { Player } from '../../gen/laurel/v1/player.ts'
import { Stat } from '../../gen/laurel/v1/stat.ts'
import { Title } from '../../gen/laurel/v1/title.ts'
import type { AuditResourceType } from '../../model/audit.ts'
import type { JsonObject } from '../../model/json.ts'
import type { FormatRecord, RecordOf } from '../../service/audit/record-change.ts'
import { type MessageCodec, messageJson } from '../message-json.ts'
import { writeAchievement } from './achievement.ts'
import { writeDestination } from './destination.ts'
import { writeMigrationJob } from './migration-job.ts'
import { writePlan } from './plan.ts'
import { writePlayer } from './player.ts'
import { writeStat } from './stat.ts'
import { writeTitle } from './title.ts'

type Format<Stored> = (record: Stored) => JsonObject

/** The types without a record are absent. */
const FORMATS: { readonly [Type in AuditResourceType]?: Format<RecordOf<Type>> } = {
  title: formatAs('Title', Title, writeTitle),
  achievement: formatAs('Achievement', Achievement, writeAchievement),
  stat: formatAs('Stat', Stat, writeStat),
  player: formatAs('Player', Player, writePlayer),
  destination: formatAs('Destination', Destination, writeDestination),
  import: formatAs('ImportSummary', ImportSummary, (summary) => summary),
  migration_job: formatAs('MigrationJob', MigrationJob, (job) => writeMigrationJob(job)),
  plan: formatAs('Plan', Plan, (plan) => writePlan(plan)),
}

/** Returns a record as the JSON of its message, as RPCs over HTTP return it. */
export const formatRecord: FormatRecord = (type, record) => {
  const format = FORMATS[type] as Format<unknown> | undefined
  if (format === undefined) throw new Error(`${type} has no record`)
  return format(record)
}

function formatAs<Stored, Message>(
  name: string,
  codec: MessageCodec<Message>,
  write: (record: Stored) => Message,
): Format<Stored> {
  return (record) => messageJson(name, codec, write(record))
}

import { expect, test } from 'vitest'
import * as achievementService from '../src/gen/laurel/v1/achievement_service.ts'
import * as destinationService from '../src/gen/laurel/v1/destination_service.ts'
import * as eventService from '../src/gen/laurel/v1/event_service.ts'
import * as exchangeService from '../src/gen/laurel/v1/exchange_service.ts'
import * as playerService from '../src/gen/laurel/v1/player_service.ts'
import * as progressService from '../src/gen/laurel/v1/progress_service.ts'
import * as statService from '../src/gen/laurel/v1/stat_service.ts'
import * as titleService from '../src/gen/laurel/v1/title_service.ts'
import { bounded } from '../src/grpc/message-bounds.ts'
import { cpuMilliseconds } from './support/cpu.ts'
import { type RequestField, requestFields } from './support/request-fields.ts'

/** The CPU time that one message may cost, of the best of five runs: the first ones compile the code, and collect the garbage of the test. */
const MOST_MILLISECONDS = 50

const methods = [
  achievementService.AchievementServiceService,
  destinationService.DestinationServiceService,
  eventService.EventServiceService,
  exchangeService.ExchangeServiceService,
  playerService.PlayerServiceService,
  progressService.ProgressServiceService,
  statService.StatServiceService,
  titleService.TitleServiceService,
].flatMap((service) => Object.values(bounded(service)))

/** A text and a list of each message, wherever requests have it. */
const fields = new Map(
  requestFields().map((field) => [`${field.message}, ${field.isList ? 'list' : 'text'}`, field]),
)

const repeated = (field: RequestField, count: number, text: string) =>
  field.requestWith(Array.from({ length: count }, () => Buffer.from(text)))

const attacks: Readonly<Record<string, (field: RequestField) => Uint8Array>> = {
  'a hundred thousand times': (field) => repeated(field, 100_000, ''),
  'as often as a message may have values': (field) => repeated(field, 39_990, ''),
  'as often, with texts that are not ASCII': (field) => repeated(field, field.isText ? 39_990 : 0, 'éé'),
  'with 4 MiB that are not UTF-8': (field) => field.requestWith([Buffer.alloc(4_100_000, 0xff)]),
  'with texts of half a kilobyte': (field) => repeated(field, field.isText ? 8_000 : 0, 'é'.repeat(256)),
}

test.each(Object.entries(attacks))(
  'each field %s costs at most 50 ms',
  async (_, attack) => {
    for (const [name, field] of fields) {
      const method = methods.find(({ path }) => path === field.method)
      const message = Buffer.from(attack(field))
      const runs: number[] = []
      for (let run = 0; run < 5; run += 1)
        runs.push(await cpuMilliseconds(() => method?.requestDeserialize(message)))
      expect.soft(Math.min(...runs), name).toBeLessThan(MOST_MILLISECONDS)
    }
  },
  120_000,
)

import type { DescService, MessageJsonType } from '@bufbuild/protobuf'
import type { AchievementService } from '../clients/typescript/gen/laurel/v1/achievement_service_pb.js'
import type { AuditService } from '../clients/typescript/gen/laurel/v1/audit_service_pb.js'
import type { CallerService } from '../clients/typescript/gen/laurel/v1/caller_service_pb.js'
import type { CommunityService } from '../clients/typescript/gen/laurel/v1/community_service_pb.js'
import type { DestinationService } from '../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import type { EventService } from '../clients/typescript/gen/laurel/v1/event_service_pb.js'
import type { ExchangeService } from '../clients/typescript/gen/laurel/v1/exchange_service_pb.js'
import type { ImageService } from '../clients/typescript/gen/laurel/v1/image_service_pb.js'
import type { PlanService } from '../clients/typescript/gen/laurel/v1/plan_service_pb.js'
import type { PlayerService } from '../clients/typescript/gen/laurel/v1/player_service_pb.js'
import type { ProgressService } from '../clients/typescript/gen/laurel/v1/progress_service_pb.js'
import type { StatService } from '../clients/typescript/gen/laurel/v1/stat_service_pb.js'
import type { TitleService } from '../clients/typescript/gen/laurel/v1/title_service_pb.js'
import { callStream, callUnary, upload } from './rpc.ts'

type Signal = AbortSignal | undefined

/** The RPCs of a service by kind, with the JSON forms of their messages. Fields with default values are absent. */
type ServiceCalls<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: Service['method'][Name]['methodKind'] extends 'unary'
    ? (request: Input<Service, Name>, signal?: Signal) => Promise<Output<Service, Name>>
    : Service['method'][Name]['methodKind'] extends 'server_streaming'
      ? (request: Input<Service, Name>, signal?: Signal) => AsyncGenerator<Output<Service, Name>>
      : (
          options: Input<Service, Name>,
          document: BodyInit,
          signal?: Signal,
        ) => AsyncGenerator<Output<Service, Name>>
}
type Input<Service extends DescService, Name extends keyof Service['method']> = MessageJsonType<
  Service['method'][Name]['input']
>
type Output<Service extends DescService, Name extends keyof Service['method']> = MessageJsonType<
  Service['method'][Name]['output']
>

/** The RPCs with a stream of responses; of those with an upload. The types say it too, but are erased. */
const STREAMS = new Set([
  'exportAchievements',
  'exportProgress',
  'exportRecords',
  'exportPlayer',
  'watchProgress',
])
const UPLOADS = new Set(['importAchievements', 'importProgress', 'importRecords', 'planImport', 'translate'])

/** Every service of the contract, called as JSON over HTTP. */
export const api = {
  titles: service<typeof TitleService>('TitleService'),
  achievements: service<typeof AchievementService>('AchievementService'),
  players: service<typeof PlayerService>('PlayerService'),
  stats: service<typeof StatService>('StatService'),
  progress: service<typeof ProgressService>('ProgressService'),
  events: service<typeof EventService>('EventService'),
  destinations: service<typeof DestinationService>('DestinationService'),
  images: service<typeof ImageService>('ImageService'),
  audit: service<typeof AuditService>('AuditService'),
  callers: service<typeof CallerService>('CallerService'),
  community: service<typeof CommunityService>('CommunityService'),
  exchange: service<typeof ExchangeService>('ExchangeService'),
  plans: service<typeof PlanService>('PlanService'),
}

function service<Service extends DescService>(name: string): ServiceCalls<Service> {
  const calls = new Proxy(
    {},
    {
      get(_target, method: string) {
        const path = `/laurel.v1.${name}/${method[0]?.toUpperCase()}${method.slice(1)}`
        if (STREAMS.has(method)) return (request: object, signal: Signal) => callStream(path, request, signal)
        if (UPLOADS.has(method)) {
          return (options: object, document: BodyInit, signal: Signal) =>
            upload(path, options, document, signal)
        }
        return (request: object, signal: Signal) => callUnary(path, request, signal)
      },
    },
  )
  return calls as ServiceCalls<Service>
}

/** Yields the items of all pages of a list. */
export async function* allPages<Page extends { readonly nextPageToken?: string }>(
  list: (pageToken: string) => Promise<Page>,
): AsyncGenerator<Page> {
  let pageToken = ''
  do {
    const page = await list(pageToken)
    yield page
    pageToken = page.nextPageToken ?? ''
  } while (pageToken !== '')
}

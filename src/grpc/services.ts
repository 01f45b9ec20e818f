import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import { AchievementServiceService } from '../gen/laurel/v1/achievement_service.ts'
import { AuditServiceService } from '../gen/laurel/v1/audit_service.ts'
import { CallerServiceService } from '../gen/laurel/v1/caller_service.ts'
import { CommunityServiceService } from '../gen/laurel/v1/community_service.ts'
import { DestinationServiceService } from '../gen/laurel/v1/destination_service.ts'
import { EventServiceService } from '../gen/laurel/v1/event_service.ts'
import { ExchangeServiceService } from '../gen/laurel/v1/exchange_service.ts'
import { ImageServiceService } from '../gen/laurel/v1/image_service.ts'
import { MigrationJobServiceService } from '../gen/laurel/v1/migration_job_service.ts'
import { PlanServiceService } from '../gen/laurel/v1/plan_service.ts'
import { PlayerServiceService } from '../gen/laurel/v1/player_service.ts'
import { StatServiceService } from '../gen/laurel/v1/stat_service.ts'
import { TitleServiceService } from '../gen/laurel/v1/title_service.ts'
import type { Operations } from '../service/operations.ts'
import { achievementService } from './achievement-service.ts'
import { auditService } from './audit-service.ts'
import { callerService } from './caller-service.ts'
import { communityService } from './community-service.ts'
import { destinationService } from './destination-service.ts'
import { eventService } from './event-service.ts'
import { exchangeService } from './exchange-service.ts'
import type { Handler, HandlersOf } from './handlers.ts'
import { imageService } from './image-service.ts'
import { bounded } from './message-bounds.ts'
import { migrationJobService } from './migration-job-service.ts'
import { planService } from './plan-service.ts'
import { playerService } from './player-service.ts'
import { PROGRESS_SERVICE, progressService } from './progress-service.ts'
import { statService } from './stat-service.ts'
import { titleService } from './title-service.ts'

/** An RPC of the contract with its handler. */
export interface Rpc {
  /** The name in the generated code: `getTitle`. */
  readonly name: string
  /** Its deserializer returns a LaurelError in place of a message that exceeds a bound. */
  readonly method: MethodDefinition<unknown, unknown>
  readonly handler: Handler<unknown, unknown>
}

/** Returns every RPC of the contract. Each wire serves all of them. */
export function openRpcs(operations: Operations): readonly Rpc[] {
  return [
    rpcsOf(TitleServiceService, titleService(operations)),
    rpcsOf(AchievementServiceService, achievementService(operations)),
    rpcsOf(PlayerServiceService, playerService(operations)),
    rpcsOf(StatServiceService, statService(operations)),
    rpcsOf(PROGRESS_SERVICE, progressService(operations)),
    rpcsOf(CommunityServiceService, communityService(operations)),
    rpcsOf(EventServiceService, eventService(operations)),
    rpcsOf(ImageServiceService, imageService(operations)),
    rpcsOf(AuditServiceService, auditService(operations)),
    rpcsOf(CallerServiceService, callerService(operations)),
    rpcsOf(ExchangeServiceService, exchangeService(operations)),
    rpcsOf(PlanServiceService, planService(operations)),
    rpcsOf(MigrationJobServiceService, migrationJobService(operations)),
    rpcsOf(DestinationServiceService, destinationService(operations)),
  ].flat()
}

function rpcsOf<Service extends ServiceDefinition>(service: Service, handlers: HandlersOf<Service>): Rpc[] {
  return Object.entries(bounded(service)).map(([name, method]) => ({
    name,
    method,
    handler: handlers[name as keyof Service] as Handler<unknown, unknown>,
  }))
}

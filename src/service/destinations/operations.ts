import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { followMerges } from '../players/follow-merges.ts'
import { createDestination } from './create-destination.ts'
import { getDelivery, listAchievementDeliveries, listDeliveries } from './deliveries.ts'
import {
  deleteDestination,
  getDestination,
  getDestinationHealth,
  listDestinations,
  testDestination,
} from './destinations.ts'
import { replayDeliveries, replayDelivery } from './replay-deliveries.ts'
import { pauseDestination, resumeDestination, updateDestination } from './update-destination.ts'

export const DESTINATION_OPERATIONS = {
  createDestination: operation(createDestination, ({ destination }) => [
    permission.destinations(destination.titleId, 'create'),
  ]),
  getDestination: operation(getDestination, ({ titleId }) => [permission.destinations(titleId, 'read')]),
  getDestinationHealth: operation(getDestinationHealth, ({ titleId }) => [
    permission.destinations(titleId, 'read'),
  ]),
  listDestinations: operation(listDestinations, ({ titleId }) => [permission.destinations(titleId, 'read')]),
  updateDestination: operation(updateDestination, ({ titleId }) => [
    permission.destinations(titleId, 'update'),
  ]),
  deleteDestination: operation(deleteDestination, ({ titleId }) => [
    permission.destinations(titleId, 'delete'),
  ]),
  pauseDestination: operation(pauseDestination, ({ titleId }) => [
    permission.destinations(titleId, 'update'),
  ]),
  resumeDestination: operation(resumeDestination, ({ titleId }) => [
    permission.destinations(titleId, 'update'),
  ]),
  testDestination: operation(testDestination, ({ titleId }) => [permission.destinations(titleId, 'update')]),
  listDeliveries: operation(listDeliveries, ({ titleId }) => [permission.destinations(titleId, 'read')]),
  getDelivery: operation(getDelivery, ({ titleId }) => [permission.destinations(titleId, 'read')]),
  replayDelivery: operation(replayDelivery, ({ titleId }) => [permission.destinations(titleId, 'update')]),
  replayDeliveries: operation(replayDeliveries, ({ titleId }) => [
    permission.destinations(titleId, 'update'),
  ]),
  listAchievementDeliveries: operation(
    followMerges(listAchievementDeliveries, ({ items }) => items.length === 0),
    ({ titleId, playerId }) => [permission.enforcement(titleId, playerId, 'read')],
  ),
}

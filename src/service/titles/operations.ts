import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { claimTitle, findBoundTitle } from './bound-titles.ts'
import { createTitle, deleteTitle, getTitle, listTitles, updateTitle } from './titles.ts'

export const TITLE_OPERATIONS = {
  createTitle: operation(createTitle, ({ title }) => [permission.title(title.id, 'create')]),
  getTitle: operation(getTitle, ({ titleId }) => [permission.title(titleId, 'read')]),
  listTitles: operation(listTitles, () => [permission.title(permission.ALL, 'read')]),
  updateTitle: operation(updateTitle, ({ titleId }) => [permission.title(titleId, 'update')]),
  deleteTitle: operation(deleteTitle, ({ titleId }) => [permission.title(titleId, 'delete')]),
  claimTitle: operation(claimTitle, ({ titleId = permission.ALL }) => [permission.title(titleId, 'create')]),
  // Only resolves ids that the caller has; each operation on the title requires its own permission.
  findBoundTitle: operation(findBoundTitle, 'authenticated'),
}

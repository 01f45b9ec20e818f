import * as right from '../authorization.ts'
import { authenticated, operation } from '../operation.ts'
import { claimTitle } from './claim-title.ts'
import { createTitle } from './create-title.ts'
import { deleteTitle } from './delete-title.ts'
import { findBoundTitle } from './find-bound-title.ts'
import { getTitle } from './get-title.ts'
import { listTitles } from './list-titles.ts'
import { updateTitle } from './update-title.ts'

export const TITLE_OPERATIONS = {
  createTitle: operation(createTitle, ({ title }) => [right.title(title.id, 'create')]),
  getTitle: operation(getTitle, ({ titleId }) => [right.title(titleId, 'read')]),
  listTitles: operation(listTitles, () => [right.title(right.ALL, 'read')]),
  updateTitle: operation(updateTitle, ({ titleId }) => [right.title(titleId, 'update')]),
  deleteTitle: operation(deleteTitle, ({ titleId }) => [right.title(titleId, 'delete')]),
  claimTitle: operation(claimTitle, ({ titleId = right.ALL }) => [right.title(titleId, 'create')]),
  // Only says which title a platform's ids mean: what is done with it is asked for by its own name.
  findBoundTitle: operation(findBoundTitle, authenticated),
}

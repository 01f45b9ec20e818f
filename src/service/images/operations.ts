import * as right from '../authorization.ts'
import { operation, publicAccess } from '../operation.ts'
import { getImage } from './get-image.ts'
import { putImage } from './put-image.ts'

export const IMAGE_OPERATIONS = {
  putImage: operation(putImage, ({ titleId = right.ALL }) => [right.definitions(titleId, 'create')]),
  // Found by the hash of its content alone: who knows that has seen it named.
  getImage: operation(getImage, publicAccess),
}

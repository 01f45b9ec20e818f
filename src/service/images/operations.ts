import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { getImage, putImage } from './images.ts'
import { previewImage } from './preview-image.ts'

export const IMAGE_OPERATIONS = {
  putImage: operation(putImage, ({ titleId = permission.ALL }) => [
    permission.definitions(titleId, 'create'),
  ]),
  previewImage: operation(previewImage, ({ titleId }) => [permission.definitions(titleId, 'read')]),
  // The hash is the image's only name, and a caller learns it from a definition that names the image.
  getImage: operation(getImage, 'public'),
}

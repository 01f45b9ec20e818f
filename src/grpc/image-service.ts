import type { ImageServiceService } from '../gen/laurel/v1/image_service.ts'
import type { Operations } from '../service/operations.ts'
import { readId, readText } from './convert/scalars.ts'
import { parse } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

export function imageService(operations: Operations): HandlersOf<typeof ImageServiceService> {
  return {
    previewImage: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        url: readText(message.url, 'url', violations),
      }))
      return { image: Buffer.from(await operations.previewImage(request, call)) }
    }),

    uploadImage: unary(async ({ titleId, image: bytes }, call) => {
      const request = parse((violations) => {
        if (bytes.length === 0)
          violations.add('image', 'must be the bytes of a PNG, JPEG, GIF or WebP picture')
        return { titleId: readId(titleId, 'title_id', violations), bytes, format: undefined }
      })
      const { hash, ...image } = await operations.putImage(request, call)
      return { image: { imageId: hash, ...image, path: `/images/${hash}.${image.format}` } }
    }),
  }
}

import type { JsonObject } from '../../model/json.ts'
import { imageHashOf } from '../images/images.ts'
import { FieldError } from '../lines/field-error.ts'
import type { Services } from '../services.ts'

/** Checks that the bytes of a line are an image of its format, and have its hash. @throws FieldError; LaurelError INVALID_FIELD */
export async function checkImage({ media }: Pick<Services, 'media'>, row: JsonObject): Promise<void> {
  const bytes = Buffer.from(row['content'] as string, 'base64')
  if (imageHashOf(bytes) !== row['hash'])
    throw new FieldError('hash', 'the first 32 digits of the SHA-256 of the content', row['hash'])
  const { format } = await media.inspect(bytes)
  if (format !== row['format']) throw new FieldError('format', `${format}, as the content is`, row['format'])
}

export type ImageFormat = 'png' | 'jpeg' | 'gif' | 'webp'

/** What the first bytes of a file say it is, whatever it is called. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif'
  return text.startsWith('RIFF') && text.endsWith('WEBP') ? 'webp' : undefined
}

import { useState } from 'preact/hooks'

interface PictureProps {
  readonly url: string | undefined
  /** The name of its subject: the first letter stands for a missing picture. */
  readonly name: string
  /** In CSS pixels. */
  readonly size?: number
}

/**
 * A square picture. Only pictures of this server and chosen files are loaded: a picture elsewhere would tell its server who looks at it,
 * and the content security policy forbids it.
 */
export function Picture({ url, name, size = 32 }: PictureProps) {
  const [failed, setFailed] = useState<string>()
  const source = sourceOf(url, size)
  if (source === undefined || failed === source) {
    return (
      <span
        class="picture"
        style={{ width: `${size}px`, height: `${size}px` }}
        title={url || undefined}
        aria-hidden="true"
      >
        {[...name.trim()][0] ?? '–'}
      </span>
    )
  }
  return (
    <img
      class="picture"
      src={source}
      width={size}
      height={size}
      alt=""
      loading="lazy"
      onError={() => setFailed(source)}
    />
  )
}

/** Returns the path on this server of one of its pictures, whatever public address the URL has; undefined for others. */
function sourceOf(url: string | undefined, size: number): string | undefined {
  if (url === undefined || url === '') return undefined
  if (url.startsWith('blob:')) return url
  if (!URL.canParse(url, location.origin)) return undefined
  const { pathname } = new URL(url, location.origin)
  // Twice the size, for dense screens.
  return /^\/images\/[0-9a-f]{32}\.[a-z]+$/.test(pathname) ? `${pathname}?size=${size * 2}` : undefined
}

import { useEffect, useState } from 'preact/hooks'
import { pictureElsewhere } from '../pictures.ts'

interface PictureProps {
  readonly url: string | undefined
  /** The name of its subject: the first letter stands for a missing picture. */
  readonly name: string
  /** In CSS pixels. */
  readonly size?: number
}

/** A square picture: of this server, a chosen file, or read from another server through this one. */
export function Picture({ url = '', name, size = 32 }: PictureProps) {
  const [failed, setFailed] = useState<string>()
  const [elsewhere, setElsewhere] = useState<{ of: string; source: string | undefined }>()
  const own = ownSource(url, size)
  useEffect(() => {
    if (own !== undefined || !/^https?:/.test(url)) return
    let isCurrent = true
    void pictureElsewhere(url).then((source) => isCurrent && setElsewhere({ of: url, source }))
    return () => {
      isCurrent = false
    }
  }, [url, own])
  const source = own ?? (elsewhere?.of === url ? elsewhere.source : undefined)
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
function ownSource(url: string, size: number): string | undefined {
  if (url.startsWith('blob:')) return url
  if (url === '' || !URL.canParse(url, location.origin)) return undefined
  const { pathname } = new URL(url, location.origin)
  // Twice the size, for dense screens.
  return /^\/images\/[0-9a-f]{32}\.[a-z]+$/.test(pathname) ? `${pathname}?size=${size * 2}` : undefined
}

import { api } from './api.ts'
import { currentTitle } from './router.ts'

const CONCURRENT_CALLS = 4
const queue: (() => Promise<void>)[] = []
let running = 0

/** By URL, the pictures of other servers as URLs of this page; undefined if a picture cannot be read. */
const loaded = new Map<string, Promise<string | undefined>>()

/**
 * Returns a picture of another server, read through this one: the browser would tell the other server who looks at it, and the content
 * security policy forbids it.
 */
export function pictureElsewhere(url: string): Promise<string | undefined> {
  const titleId = currentTitle()
  const known = loaded.get(url)
  if (known !== undefined || titleId === undefined) return known ?? Promise.resolve(undefined)
  const picture = new Promise<string | undefined>((resolve) => {
    queue.push(() => read(titleId, url).then(resolve, () => resolve(undefined)))
  })
  loaded.set(url, picture)
  startNext()
  return picture
}

function startNext(): void {
  if (running >= CONCURRENT_CALLS) return
  const next = queue.shift()
  if (next === undefined) return
  running += 1
  void next().finally(() => {
    running -= 1
    startNext()
  })
}

async function read(titleId: string, url: string): Promise<string> {
  const { image = '' } = await api.images.previewImage({ titleId, url })
  const bytes = Uint8Array.from(atob(image), (character) => character.charCodeAt(0))
  return URL.createObjectURL(new Blob([bytes], { type: 'image/webp' }))
}

/** Offers a file to the reader. An id in the name may have signs that turn its direction or hide its extension: they are left out. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, '_')
  link.click()
  // Some browsers begin to read after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

export function downloadJson(name: string, value: unknown): void {
  download(name, new Blob([JSON.stringify(value, undefined, 2)], { type: 'application/json' }))
}

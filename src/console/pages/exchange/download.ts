/** Offers a file to the reader. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser has taken the content by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 0)
}

export function downloadJson(name: string, value: unknown): void {
  download(name, new Blob([JSON.stringify(value, undefined, 2)], { type: 'application/json' }))
}

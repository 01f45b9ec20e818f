import { useId, useState } from 'preact/hooks'
import { api } from '../api.ts'
import { messageOf } from '../api-error.ts'
import { CropDialog } from './crop-dialog.tsx'
import { Picture } from './picture.tsx'

interface IconPickerProps {
  readonly titleId: string
  readonly label: string
  /** The address of the current picture; undefined for none. */
  readonly url: string | undefined
  /** Takes the stored picture, or undefined if it is removed. */
  readonly onChange: (picture: { name: string; url: string } | undefined) => void
}

/** A picture of a definition: chosen from files, cropped, and stored on the server. */
export function IconPicker({ titleId, label, url, onChange }: IconPickerProps) {
  const id = useId()
  const [file, setFile] = useState<File>()
  const [problem, setProblem] = useState<string>()
  const choose = (input: HTMLInputElement) => {
    setProblem(undefined)
    setFile(input.files?.[0])
    // The same file may be chosen again.
    input.value = ''
  }
  const store = async (picture: Blob) => {
    try {
      const { image = {} } = await api.images.uploadImage({ titleId, image: await base64Of(picture) })
      onChange({ name: image.imageId ?? '', url: location.origin + image.path })
      setFile(undefined)
    } catch (error) {
      setFile(undefined)
      setProblem(messageOf(error))
    }
  }
  return (
    <div class="icon-picker">
      <Picture url={url} name="" size={56} />
      <div class="field">
        <span class="label">{label}</span>
        <div class="actions">
          {/* The control of a browser would say that no file is chosen, beside the stored picture. */}
          <label class="button" for={id}>
            {url === undefined ? 'Choose…' : 'Replace…'}
          </label>
          <input
            id={id}
            class="visually-hidden"
            type="file"
            aria-label={label}
            accept="image/png,image/jpeg,image/gif,image/webp"
            aria-invalid={problem === undefined ? undefined : true}
            onChange={({ currentTarget }) => choose(currentTarget)}
          />
          {url !== undefined && (
            <button type="button" class="quiet" onClick={() => onChange(undefined)}>
              Remove
            </button>
          )}
        </div>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
      </div>
      {file !== undefined && <CropDialog file={file} onCrop={store} onClose={() => setFile(undefined)} />}
    </div>
  )
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  const step = 0x8000
  for (let at = 0; at < bytes.length; at += step) {
    text += String.fromCharCode(...bytes.subarray(at, at + step))
  }
  return btoa(text)
}

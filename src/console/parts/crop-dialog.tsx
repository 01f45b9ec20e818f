import { useEffect, useRef, useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { Field } from './field.tsx'

interface CropDialogProps {
  readonly file: File
  readonly onCrop: (picture: Blob) => Promise<void>
  readonly onClose: () => void
}

/** The part of the picture: its size and its middle, from 0 to 1. */
interface Crop {
  readonly zoom: number
  readonly x: number
  readonly y: number
}

/** The side of a stored icon in pixels. */
const SIDE = 512
const MAX_ZOOM = 4
const CENTER: Crop = { zoom: 1, x: 0.5, y: 0.5 }

/** Shows the square that is cut out of a picture, and lets the reader move it: by dragging, and by sliders. */
export function CropDialog({ file, onCrop, onClose }: CropDialogProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [picture, setPicture] = useState<ImageBitmap>()
  const [crop, setCrop] = useState(CENTER)
  const [error, setError] = useState<unknown>()
  const [isStoring, setStoring] = useState(false)
  useEffect(() => {
    createImageBitmap(file).then(setPicture, () =>
      setError(
        new Error(`${file.name} is not a picture that the browser can read: choose a PNG, JPEG, GIF or WebP`),
      ),
    )
  }, [file])
  useEffect(() => {
    if (canvas.current !== null && picture !== undefined) draw(canvas.current, picture, crop)
  }, [picture, crop])
  const drag = (event: PointerEvent) => {
    if (event.buttons !== 1 || picture === undefined || canvas.current === null) return
    const { clientWidth } = canvas.current
    const shift = (pixels: number) => pixels / clientWidth / crop.zoom
    setCrop({
      ...crop,
      x: bounded(crop.x - shift(event.movementX)),
      y: bounded(crop.y - shift(event.movementY)),
    })
  }
  const store = () => {
    setStoring(true)
    canvas.current?.toBlob((blob) => {
      if (blob !== null) void onCrop(blob)
    }, 'image/png')
  }
  const slider = (label: string, name: keyof Crop, min: number, max: number) => (
    <Field label={label}>
      {(attributes) => (
        <input
          {...attributes}
          type="range"
          min={min}
          max={max}
          step="0.01"
          value={crop[name]}
          onInput={({ currentTarget }) => setCrop({ ...crop, [name]: currentTarget.valueAsNumber })}
        />
      )}
    </Field>
  )
  return (
    <Dialog title="Crop the picture" onClose={onClose}>
      {error !== undefined && <Failure error={error} />}
      <div class="crop">
        <canvas
          ref={canvas}
          width={SIDE}
          height={SIDE}
          aria-label="The icon"
          role="img"
          onPointerMove={drag}
        />
        <div class="stack">
          {slider('Zoom', 'zoom', 1, MAX_ZOOM)}
          {slider('Left and right', 'x', 0, 1)}
          {slider('Up and down', 'y', 0, 1)}
          <p class="help">
            Stored as {SIDE} × {SIDE} pixels. The file has {picture?.width ?? '…'} × {picture?.height ?? '…'}.
          </p>
        </div>
      </div>
      <div class="actions end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={picture === undefined || isStoring} onClick={store}>
          Use this icon
        </button>
      </div>
    </Dialog>
  )
}

function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, { zoom, x, y }: Crop): void {
  const side = Math.min(picture.width, picture.height) / zoom
  const left = (picture.width - side) * x
  const top = (picture.height - side) * y
  const context = canvas.getContext('2d')
  context?.clearRect(0, 0, SIDE, SIDE)
  context?.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE)
}

function bounded(value: number): number {
  return Math.min(1, Math.max(0, value))
}

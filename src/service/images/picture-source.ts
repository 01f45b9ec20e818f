/** Reads pictures of other servers; implemented by `src/outbound`. */
export interface PictureSource {
  /** Returns the bytes at a URL. @throws LaurelError INVALID_FIELD if it may not be called; PICTURE_UNREADABLE */
  read(url: string, signal: AbortSignal): Promise<Uint8Array>
}

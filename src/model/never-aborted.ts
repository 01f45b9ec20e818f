/** The signal of work that no caller can cancel. */
export const NEVER_ABORTED: AbortSignal = new AbortController().signal

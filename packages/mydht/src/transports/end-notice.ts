/**
 * @module transports/end-notice
 * The end of one stream, told once to one listener, whichever comes first. Not here: what the end does to bytes.
 */
import type { Clock } from '../clock.ts'
import type { StreamEnd } from './transport.ts'

/** The end of one stream. */
export interface EndNotice {
  /** The end, once it was given. */
  readonly end: StreamEnd | undefined
  /** Keeps `end` and tells the listener, outside the caller's stack. Only the first call counts. */
  readonly give: (end: StreamEnd) => void
  /** Who is told, exactly once. A second listener throws TypeError. */
  readonly listen: (listener: (end: StreamEnd) => void) => void
}

/** Makes a notice that has not been given yet. `whenGiven` runs at once, on the giver's stack. */
export function endNotice(clock: Clock, whenGiven?: () => void): EndNotice {
  let told: ((end: StreamEnd) => void) | undefined

  const tell = (end: StreamEnd, listener: (end: StreamEnd) => void) => clock.soon(() => listener(end))

  // Data and no getter: an object made with a getter of its own takes ten times the memory, and every stream has two of these.
  const notice: { -readonly [K in keyof EndNotice]: EndNotice[K] } = {
    end: undefined,
    give: (end) => {
      if (notice.end) return
      notice.end = end
      whenGiven?.()
      if (told) tell(end, told)
    },
    listen: (listener) => {
      if (told) throw new TypeError('this stream has a listener for its end already: it takes one')
      told = listener
      if (notice.end) tell(notice.end, listener)
    },
  }
  return notice
}

/**
 * @module peers/duplicate-connection
 * Which of two connections to one peer stays. Both ends run this on their own clocks and must come to the same answer, or each would drain
 * what the other keeps. Not here: the draining.
 */
import type { PeerId } from '../identity/peer-id.ts'

/** One proven connection, as this end saw it. Times in monotonic milliseconds of this end. */
export interface ProvenConnection {
  readonly link: number
  /** Whether we dialled it. */
  readonly outgoing: boolean
  /** When our dial, or their first byte, began it. */
  readonly startedAtMs: number
  /** When its handshake ended here. */
  readonly provenAtMs: number
}

/**
 * The link that drains. Two dials of the same side: the older one, since the newer dialler knew of it. Two opposite dials: when the handshakes
 * overlapped, neither side knew of the other's, and the lower PeerId's dial stays; else the newest stays: the other end may have restarted.
 *
 * Overlap means that the later dial began before its dialler had proven the earlier connection. The other end sees that dial a way later and
 * the proof a way earlier, so its times lie one round trip further apart. An earlier handshake lasts one round trip at each end: the later
 * dialler allows for that long, the other end for twice as long, and both draw the line at the same instant, as exactly as round trips repeat.
 * What this takes for overlap and is not, a second dial within one round trip, is no restart either.
 */
export function linkToDrain(self: PeerId, peer: PeerId, one: ProvenConnection, two: ProvenConnection): number {
  const [earlier, later] = isBefore(one, two) ? [one, two] : [two, one]
  if (earlier.outgoing === later.outgoing || !overlapped(earlier, later)) return earlier.link
  const oursStays = self < peer
  return earlier.outgoing === oursStays ? later.link : earlier.link
}

/**
 * Whether the other end dialled again although it had a connection, and so has lost its side of that, with what was asked there: it restarted, or saw the link break
 * where we did not. Within a round trip it is two dials that did not know of each other.
 */
export function isAnew(older: ProvenConnection, newer: ProvenConnection): boolean {
  return !newer.outgoing && isBefore(older, newer) && !overlapped(older, newer)
}

function overlapped(earlier: ProvenConnection, later: ProvenConnection): boolean {
  const roundTripMs = earlier.provenAtMs - earlier.startedAtMs
  return later.startedAtMs <= earlier.provenAtMs + (later.outgoing ? 1 : 2) * roundTripMs
}

function isBefore(one: ProvenConnection, two: ProvenConnection): boolean {
  return one.startedAtMs < two.startedAtMs || (one.startedAtMs === two.startedAtMs && one.link < two.link)
}

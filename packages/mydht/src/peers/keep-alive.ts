/**
 * @module peers/keep-alive
 * Whether a connection is alive, from when its other end was last heard. Pure: pings are sent by whoever asks.
 */

/** When things happened, in monotonic milliseconds. */
export interface KeepAliveState {
  readonly nowMs: number
  /** When bytes that opened as a record last came. */
  readonly lastHeardMs: number
  /** When we last sent anything. */
  readonly lastSentMs: number
  /** When we last sent a ping; undefined: never. */
  readonly lastPingMs: number | undefined
}

/** How long silence may last, in milliseconds. */
export interface KeepAliveOptions {
  readonly idleMs: number
  readonly deadMs: number
}

/** What to do now; `wait`: look again after `ms`. */
export type KeepAliveStep =
  | { readonly type: 'ping' }
  | { readonly type: 'dead' }
  | { readonly type: 'wait'; readonly ms: number }

/**
 * The next step. A ping asks for an answer when nothing was heard for `idleMs`, and keeps routers on the way awake when we sent nothing for
 * as long; at most one in `idleMs`. Past `deadMs` of silence the other end is dead, whatever we sent.
 */
export function keepAlive(state: KeepAliveState, options: KeepAliveOptions): KeepAliveStep {
  const deadAt = state.lastHeardMs + options.deadMs
  if (state.nowMs >= deadAt) return { type: 'dead' }
  const quietAt = Math.min(state.lastHeardMs, state.lastSentMs) + options.idleMs
  const pingAt = Math.max(quietAt, (state.lastPingMs ?? -Infinity) + options.idleMs)
  if (state.nowMs >= pingAt) return { type: 'ping' }
  return { type: 'wait', ms: Math.min(pingAt, deadAt) - state.nowMs }
}

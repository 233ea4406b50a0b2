/**
 * @module queries/spreading
 * Values that spread outward from their publisher: each receiver verifies, keeps what is news to it, and only then passes it on.
 * Not here: questions.
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { PropagateMessage } from '../wire/messages.ts'
import { grantAsk, grantSpread } from './clamp.ts'
import type { Core } from './core.ts'
import { askRouteOnce, copied, nowMs } from './core.ts'
import { defaultHistory } from './defaults.ts'
import { nextHistory, receivedHistory, startHistory } from './history.ts'
import { blame, isIgnored } from './offences.ts'
import { splitEvenly } from './weights.ts'

/** A value to spread. What is left out comes from the rules by `priority`; what exceeds them is clamped. */
export interface Spread {
  /** The app's value, as its peers decode and verify it. */
  readonly body: Uint8Array
  readonly hops?: number | undefined
  readonly fanOut?: number | undefined
  /** Messages that may be sent in all, by everybody. */
  readonly budget?: number | undefined
  readonly priority?: number | undefined
}

/** Starts to spread a value of our own. Throws TypeError on a number that is none. */
export function propagate(core: Core, spread: Spread): void {
  const grant = grantAsk(core.options.rules, spread)
  const trace = core.parts.random.u64()
  remember(core, trace, undefined)
  passValue(core, undefined, {
    type: 'propagate',
    app: core.options.app,
    trace,
    hops: grant.hops,
    fanOut: grant.fanOut,
    budget: grant.budget,
    history: startHistory(core.self, defaultHistory),
    body: copied(spread.body),
  })
}

/** A value came from `from`. */
export function receivePropagate(core: Core, from: PeerRef, message: PropagateMessage): void {
  if (core.traces.get(message.trace, nowMs(core)) !== undefined) {
    core.count.duplicates++
    return
  }
  if (isIgnored(core, from)) return
  const { hops, fanOut, budget, clamped } = grantSpread(core.options.rules, message)
  if (clamped) core.count.clamped++
  const body = copied(message.body)
  const verdict = core.app.receive?.(body, from) ?? 'known'
  if (verdict === 'invalid') {
    // Not remembered: or a forger who knows the trace could make us drop the true value.
    blame(core, from)
    return
  }
  remember(core, message.trace, from)
  if (verdict === 'known') return
  passValue(core, from, {
    ...message,
    hops,
    fanOut,
    budget,
    history: receivedHistory(core.self, message.history),
    body,
  })
}

function passValue(core: Core, from: PeerRef | undefined, value: PropagateMessage): void {
  const count = Math.min(value.fanOut, value.budget)
  if (value.hops < 1 || count < 1 || core.waiting.size >= core.limits.maxPending) return
  const exclude = new Set<PeerId>(value.history.peers)
  if (from !== undefined) exclude.add(from.id)
  const run = (peers: readonly PeerRef[]): void => {
    const shares = splitEvenly(value.budget - peers.length, peers.length)
    const used = peers.map((peer) => peer.id)
    const history = nextHistory(value.history, core.self.id, used, value.fanOut)
    for (const [index, peer] of peers.entries()) {
      core.output.send(peer, { ...value, hops: value.hops - 1, budget: shares[index] ?? 0, history })
    }
  }
  const deadlineMs = nowMs(core) + core.options.rules.max.lifetimeMs
  askRouteOnce(core, { type: 'other', deadlineMs, exclude, replyTo: undefined, count, run }, undefined)
}

function remember(core: Core, trace: bigint, cause: PeerRef | undefined): void {
  core.traces.set(trace, { hops: Infinity, answered: true, retries: 0, cause }, nowMs(core))
}

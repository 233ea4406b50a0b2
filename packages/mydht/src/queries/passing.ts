/**
 * @module queries/passing
 * A relay without state: passes a `direct` query on with all its weight and forgets it. Only while the route thinks is there anything to
 * remember; and when a delivery fails, the message that comes back says all that is needed. Not here: relays with state (`asking.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerItem, AnswerMessage, QueryMessage } from '../wire/messages.ts'
import type { Grant } from './clamp.ts'
import type { Core, ReplyTo } from './core.ts'
import { askRouteOnce, copied, nowMs, respond } from './core.ts'
import { maxPassedTo, maxPassRetries } from './defaults.ts'
import { nextHistory, receivedHistory } from './history.ts'
import { askerOf } from './offences.ts'
import { splitPassing, weightOf } from './weights.ts'

/** A query to pass on: `local` are our own answers, fewer than wanted. */
export interface Passing {
  readonly from: PeerRef
  readonly message: QueryMessage
  readonly grant: Grant
  readonly asker: PeerId
  readonly replyTo: ReplyTo
  readonly local: readonly AnswerItem[]
}

/**
 * Answers what we have and gives back the budget that we do not grant; then asks the route and passes the rest on. Answers take a part of the
 * weight with them, one message of the budget: what is passed on may be over, and told to the asker on another way, before they are there.
 */
export function passOn(core: Core, passing: Passing): void {
  const { from, message, grant, asker, replyTo, local } = passing
  const excess = message.budget - grant.budget
  const spent = local.length > 0 ? 1 : 0
  const budget = grant.budget - spent
  if (budget === 0) {
    const closed = weightOf(message)
    respond(core, replyTo, message.id, { answers: local, closed, unspent: message.budget, reason: 'done' })
    return
  }
  if (spent + excess > 0) {
    respond(core, replyTo, message.id, { answers: local, closed: excess + spent, unspent: excess, reason: 'done' })
  }
  const history = receivedHistory(core.self, message.history)
  const kept: QueryMessage = {
    ...message,
    mode: message.mode.type === 'direct' ? { type: 'direct', asker: copied(message.mode.asker) } : message.mode,
    body: copied(message.body),
    budget,
    fanOut: grant.fanOut,
    priority: grant.priority,
    hops: grant.hops - 1,
    results: grant.results - local.length,
    history,
  }
  const deadlineMs = nowMs(core) + grant.lifetimeMs
  const exclude = new Set<PeerId>([...history.peers, from.id, asker])
  const waiting = {
    type: 'other' as const,
    deadlineMs,
    exclude,
    replyTo: replyTo.type === 'peer' ? replyTo.peer.id : undefined,
    count: splitPassing(budget, message.travelled, grant.fanOut).length,
    run: (peers: readonly PeerRef[]): void => {
      if (peers.length > 0) send(core, from, kept, peers, Math.floor(deadlineMs - nowMs(core)))
      else giveBack(core, replyTo, kept, budget)
    },
  }
  askRouteOnce(core, waiting, core.app.keyOf(kept.body))
}

function send(core: Core, from: PeerRef, kept: QueryMessage, peers: readonly PeerRef[], lifetimeMs: number): void {
  const budgets = splitPassing(kept.budget, kept.travelled, peers.length)
  const chosen = peers.slice(0, budgets.length)
  const used = chosen.map((peer) => peer.id)
  const history = nextHistory(kept.history, core.self.id, used, kept.fanOut)
  rememberPassed(core, from, kept.id, used)
  for (const [index, peer] of chosen.entries()) {
    const budget = budgets[index] ?? 0
    core.count.sent++
    core.output.send(peer, {
      ...kept,
      budget,
      travelled: kept.travelled + 1,
      lifetimeMs: Math.max(0, lifetimeMs),
      history,
    })
  }
}

/** Whoever gets a query from us may not be willing to dial its asker: then its answers come back to us, and we must know whose they are. */
function rememberPassed(core: Core, from: PeerRef, id: bigint, to: readonly PeerId[]): void {
  const before = core.passed.get(id, nowMs(core))
  // An id that somebody else brought is his: a second bringer does not get his answers.
  if (before !== undefined && before.from.id !== from.id) return
  core.passed.set(id, { from, to: [...(before?.to ?? []).slice(-maxPassedTo), ...to] }, nowMs(core))
}

/** An answer to a query that we passed on: back to whoever brought that query, unchecked, since its asker checks. False: it is none. */
export function passBack(core: Core, from: PeerRef, message: AnswerMessage): boolean {
  const passed = core.passed.get(message.id, nowMs(core))
  if (passed === undefined || !passed.to.includes(from.id)) return false
  const answers = message.answers.map((item) => ({ ...item, body: copied(item.body) }))
  core.output.send(passed.from, { ...message, answers })
  return true
}

/** Tells the asker that nobody works on this part of his question any more. */
function giveBack(core: Core, replyTo: ReplyTo, message: QueryMessage, unspent: number): void {
  respond(core, replyTo, message.id, { answers: [], closed: weightOf(message), unspent, reason: 'done' })
}

/** A query that we passed on was not sent: tries another peer, a few times, then gives its weight back to the asker. */
export function passAgain(core: Core, to: PeerRef, undelivered: QueryMessage): void {
  const trace = core.traces.get(undelivered.trace, nowMs(core))
  // Without the trace we no longer know who made us ask, and the dial policy needs to: the asker's lifetime has to do.
  if (undelivered.mode.type !== 'direct' || trace?.cause === undefined) return
  const asker = askerOf(core, undelivered.trace, undelivered.mode.asker)
  if (asker === undefined) return
  core.count.sent--
  const replyTo: ReplyTo = { type: 'record', record: undelivered.mode.asker, cause: trace.cause }
  if (trace.retries >= maxPassRetries || core.waiting.size >= core.limits.maxPending) {
    giveBack(core, replyTo, undelivered, undelivered.budget + 1)
    return
  }
  trace.retries++
  const { cause } = trace
  const exclude = new Set<PeerId>([...undelivered.history.peers, trace.cause.id, asker, to.id])
  const deadlineMs = nowMs(core) + undelivered.lifetimeMs
  const waiting = {
    type: 'other' as const,
    deadlineMs,
    exclude,
    replyTo: undefined,
    count: 1,
    run: ([peer]: readonly PeerRef[]): void => {
      if (peer === undefined) {
        giveBack(core, replyTo, undelivered, undelivered.budget + 1)
        return
      }
      const history = nextHistory(undelivered.history, core.self.id, [peer.id], undelivered.fanOut)
      rememberPassed(core, cause, undelivered.id, [peer.id])
      core.count.sent++
      core.output.send(peer, { ...undelivered, lifetimeMs: Math.max(0, Math.floor(deadlineMs - nowMs(core))), history })
    },
  }
  askRouteOnce(core, waiting, core.app.keyOf(undelivered.body))
}

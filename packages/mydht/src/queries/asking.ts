/**
 * @module queries/asking
 * The life of a query that we keep state for: asks peers, as many at a time as its fan-out and in all as its budget says, takes weight back,
 * asks the next when one has nothing, and ends. Not here: how it begins (`engine.ts`, `receiving.ts`), what answers say (`answering.ts`).
 */
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerItem, QueryMessage } from '../wire/messages.ts'
import { lifetimeBelow } from './clamp.ts'
import type { Core } from './core.ts'
import { newTicket, nowMs, respond } from './core.ts'
import { nextHistory } from './history.ts'
import type { Branch, Pending } from './pending.ts'
import type { AskOutcome } from './query.ts'
import { affordable, splitEvenly, weightOf } from './weights.ts'

/** Whether another peer could be asked now, if the route knows one. */
export function canAskMore(core: Core, pending: Pending): boolean {
  if (pending.dry || pending.wanted < 1 || pending.travelled > 255) return false
  if (affordable(pending.pool, pending.fanOut - pending.branches.size) < 1) return false
  return lifetimeBelow(pending.deadlineMs - nowMs(core)) >= 1
}

/** Asks the route for the next peers if any may be asked; ends the query if nobody is asked and nobody can be. `answers` go along with the end. */
export function goOn(core: Core, pending: Pending, answers: readonly AnswerItem[] = []): void {
  if (pending.ticket === undefined && !canAskMore(core, pending) && pending.branches.size === 0) {
    finish(core, pending, 'exhausted', answers)
    return
  }
  if (answers.length > 0) passUp(core, pending, answers)
  if (pending.ticket !== undefined || !canAskMore(core, pending)) return
  pending.slots = affordable(pending.pool, pending.fanOut - pending.branches.size)
  pending.ticket = newTicket(core, { type: 'query', pending })
  core.output.route({
    ticket: pending.ticket,
    key: pending.key,
    count: pending.slots,
    exclude: [...new Set([...pending.history.peers, ...pending.tried])],
    discover: pending.origin.type === 'own' && pending.origin.discover,
    nearer: pending.origin.type === 'relay',
  })
}

/** The route has spoken: asks the peers that it named. */
export function routedQuery(core: Core, pending: Pending, peers: readonly PeerRef[]): void {
  pending.ticket = undefined
  const chosen: PeerRef[] = []
  for (const peer of peers) {
    if (chosen.length === pending.slots) break
    if (peer.id === core.self.id || pending.tried.has(peer.id)) continue
    pending.tried.add(peer.id)
    pending.asked.push(peer.id)
    chosen.push(peer)
  }
  // A route that names fewer than it was asked for has no more; one that only names what we excluded is treated alike, or we would ask it for ever.
  pending.dry = peers.length < pending.slots || chosen.length === 0
  const lifetimeMs = lifetimeBelow(pending.deadlineMs - nowMs(core))
  if (lifetimeMs >= 1) sendTo(core, pending, chosen, lifetimeMs)
  goOn(core, pending)
}

function sendTo(core: Core, pending: Pending, chosen: readonly PeerRef[], lifetimeMs: number): void {
  const shares = splitEvenly(pending.pool - chosen.length, chosen.length)
  const history = nextHistory(pending.history, core.self.id, pending.asked, pending.fanOut)
  for (const [index, peer] of chosen.entries()) {
    const message: QueryMessage = {
      type: 'query',
      app: core.options.app,
      trace: pending.trace,
      id: freshId(core),
      mode: pending.mode,
      hops: pending.hops,
      travelled: pending.travelled,
      fanOut: pending.fanOut,
      results: pending.wanted,
      priority: pending.priority,
      budget: shares[index] ?? 0,
      lifetimeMs,
      history,
      body: pending.question,
    }
    pending.pool -= 1 + message.budget
    core.table.addBranch(pending, {
      id: message.id,
      peer,
      direct: pending.mode.type === 'direct',
      budget: message.budget,
      outstanding: weightOf(message),
      refunded: 0,
      answers: 0,
      invalid: 0,
      invalidBy: undefined,
    })
    core.count.sent++
    pending.sent++
    core.output.send(peer, message)
  }
}

/** Takes weight back from a branch, never more than it has. Whether the branch is over, and forgotten, thereby. */
export function takeBack(core: Core, pending: Pending, branch: Branch, closed: number, unspent: number): boolean {
  const taken = Math.min(closed, branch.outstanding)
  branch.outstanding -= taken
  const refund = Math.min(unspent, taken, branch.budget - branch.refunded)
  branch.refunded += refund
  pending.pool += refund
  if (branch.outstanding > 0) return false
  core.table.dropBranch(pending, branch)
  core.ended.set(branch.id, true, nowMs(core))
  return true
}

/** A branch whose peer is gone. `unsent`: its message never left, so that is to be spent again too. */
export function loseBranch(core: Core, pending: Pending, branch: Branch, unsent: boolean): void {
  takeBack(core, pending, branch, branch.outstanding, branch.budget)
  if (unsent) {
    pending.pool += 1
    core.count.sent--
    pending.sent--
  }
  if (branch.answers === 0) pending.failed++
}

/** Hands answers of a query of somebody else up to its parent; the query goes on. */
function passUp(core: Core, pending: Pending, answers: readonly AnswerItem[]): void {
  if (pending.origin.type !== 'relay') return
  const { parent, id } = pending.origin
  respond(core, { type: 'peer', peer: parent }, id, { answers, closed: 0, unspent: 0, reason: 'done' })
}

/** Ends a query: stops those who still work on it and tells whoever wants to know, with the last `answers`. */
export function finish(
  core: Core,
  pending: Pending,
  reason: 'complete' | 'exhausted' | 'expired' | 'cancelled',
  answers: readonly AnswerItem[] = []
): void {
  if (!forget(core, pending)) return
  const { origin } = pending
  if (reason === 'expired') core.count.expired++
  if (origin.type === 'own') {
    core.output.done(
      origin.ask,
      outcome(pending, reason === 'exhausted' && pending.dry && pending.asked.length === 0 ? 'no-route' : reason)
    )
    return
  }
  respond(core, { type: 'peer', peer: origin.parent }, origin.id, {
    answers,
    closed: origin.weight,
    unspent: pending.pool + origin.excess,
    reason: reason === 'expired' ? 'expired' : 'done',
  })
}

/** Drops a query without a word to its parent; tells those below to stop. False when it was over already. */
export function forget(core: Core, pending: Pending): boolean {
  if (!core.table.remove(pending)) return false
  if (pending.ticket !== undefined) core.waiting.delete(pending.ticket)
  for (const branch of pending.branches.values()) {
    core.ended.set(branch.id, true, nowMs(core))
    if (!branch.direct) core.output.send(branch.peer, { type: 'cancel', app: core.options.app, id: branch.id })
  }
  return true
}

/** The counts of a query, with why it ended. */
export function outcome(pending: Pending, reason: AskOutcome['reason']): AskOutcome {
  const { answers, notFound, failed, invalid } = pending
  return { reason, answers, sent: pending.sent, notFound, failed, invalid }
}

/** 64 unpredictable bits that name no other branch. */
function freshId(core: Core): bigint {
  let id = core.parts.random.u64()
  while (core.table.byBranch(id) !== undefined) id = core.parts.random.u64()
  return id
}

/**
 * @module queries/receiving
 * What a query that arrives does: refused, recognised, answered from our own store, and passed on with or without state.
 * Not here: what becomes of it then (`asking.ts`, `passing.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerItem, EndReason, QueryMessage, WireMode } from '../wire/messages.ts'
import { goOn } from './asking.ts'
import type { Grant } from './clamp.ts'
import { grantQuery, lifetimeBelow } from './clamp.ts'
import type { Core, ReplyTo } from './core.ts'
import { copied, nowMs, respond, wakeBy } from './core.ts'
import { receivedHistory } from './history.ts'
import { answerSearch } from './iterative/naming.ts'
import { receiverRole } from './modes.ts'
import { askerOf, blame, isIgnored } from './offences.ts'
import { passOn } from './passing.ts'
import type { Pending } from './pending.ts'
import { weightOf } from './weights.ts'

/** A query came from `from`. Whatever happens to it, its whole weight is answered for sooner or later. */
export function receiveQuery(core: Core, from: PeerRef, message: QueryMessage): void {
  core.count.received++
  if (message.mode.type === 'iterative') {
    answerSearch(core, from, message)
    return
  }
  if (message.mode.type === 'direct' && isIgnored(core, from)) return
  const { grant, clamped } = grantQuery(core.options.rules, message)
  if (clamped) core.count.clamped++
  const verifyRecord = (record: Uint8Array): PeerId | undefined => askerOf(core, message.trace, record)
  const mayAnswer = (cause: PeerRef): boolean => core.directs.charge(cause.id, nowMs(core)) !== 'over'
  const reachable = (peer: PeerRef): boolean => core.app.reachable?.(peer) ?? false
  const role = receiverRole({ self: core.self, verifyRecord, reachable, mayAnswer }, from, message)
  if (role.type === 'refuse') {
    // Whoever made up this record is not the peer that it would have us talk to: there is nobody to tell.
    blame(core, from)
    return
  }
  const replyTo: ReplyTo =
    role.type === 'pass' && role.asker !== from.id
      ? { type: 'record', record: copied(role.record), cause: from }
      : { type: 'peer', peer: from }
  const close = (reason: EndReason, answers: readonly AnswerItem[] = []): void =>
    respond(core, replyTo, message.id, { answers, closed: weightOf(message), unspent: message.budget, reason })
  if (!core.app.accepts(message.body)) {
    close('refused')
    return
  }
  if (isDuplicate(core, from, message, grant)) {
    core.count.duplicates++
    close('duplicate')
    return
  }
  const goesOn = mayGoOn(message, grant)
  if (goesOn && !(role.type === 'pass' ? core.waiting.size < core.limits.maxPending : core.table.hasRoom(from.id))) {
    core.count.busy++
    close('busy')
    return
  }
  const local = answerLocally(core, from, message, grant)
  if (!goesOn || local.length >= grant.results) close('done', local)
  else if (role.type === 'pass') passOn(core, { from, message, grant, asker: role.asker, replyTo, local })
  else relay(core, from, message, grant, role.next, local)
}

/** Seen before, with as many hops left as now; or the sender uses an id twice. */
function isDuplicate(core: Core, from: PeerRef, message: QueryMessage, grant: Grant): boolean {
  const seen = core.traces.get(message.trace, nowMs(core))
  return (seen !== undefined && seen.hops >= grant.hops) || core.table.byParent(from.id, message.id) !== undefined
}

/** Whether the query may be sent further from here. The hops that it has come fit one byte on the wire. */
function mayGoOn(message: QueryMessage, grant: Grant): boolean {
  return (
    grant.hops > 0 &&
    grant.fanOut > 0 &&
    grant.budget > 0 &&
    message.travelled < 255 &&
    lifetimeBelow(grant.lifetimeMs) >= 1
  )
}

/** Our own answers, at most as many as wanted; none when we answered this question before. Remembers the trace. */
function answerLocally(core: Core, from: PeerRef, message: QueryMessage, grant: Grant): readonly AnswerItem[] {
  const now = nowMs(core)
  const seen = core.traces.get(message.trace, now)
  const found =
    seen?.answered === true ? [] : core.app.lookup(message.body, grant.results, from).slice(0, grant.results)
  const answered = seen?.answered === true || found.length > 0
  core.traces.set(message.trace, { hops: grant.hops, answered, retries: seen?.retries ?? 0, cause: from }, now)
  core.count.answered += found.length
  const self = core.self.anonymous ? undefined : core.self.id
  return found.map((body) => ({ from: self, hops: message.travelled, body }))
}

function relay(
  core: Core,
  from: PeerRef,
  message: QueryMessage,
  grant: Grant,
  mode: WireMode,
  local: readonly AnswerItem[]
): void {
  const question = copied(message.body)
  const pending: Pending = {
    origin: {
      type: 'relay',
      parent: from,
      id: message.id,
      weight: weightOf(message),
      excess: message.budget - grant.budget,
    },
    trace: message.trace,
    question,
    key: core.app.keyOf(question),
    mode,
    hops: grant.hops - 1,
    travelled: message.travelled + 1,
    fanOut: grant.fanOut,
    priority: grant.priority,
    history: receivedHistory(core.self, message.history),
    deadlineMs: nowMs(core) + grant.lifetimeMs,
    wanted: grant.results - local.length,
    pool: grant.budget,
    tried: new Set([from.id]),
    asked: [],
    branches: new Map(),
    ticket: undefined,
    slots: 0,
    dry: false,
    sent: 0,
    answers: local.length,
    notFound: 0,
    failed: 0,
    invalid: 0,
  }
  core.table.add(pending)
  wakeBy(core, pending.deadlineMs)
  goOn(core, pending, local)
}

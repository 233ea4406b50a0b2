/**
 * @module queries/losing
 * What could not be delivered, and peers that went away: fed back to the queries at once. Not here: what is silently lost (lifetimes end that).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerMessage, ContactsMessage, QueryMessage } from '../wire/messages.ts'
import { forget, goOn, loseBranch } from './asking.ts'
import type { Core } from './core.ts'
import { nowMs } from './core.ts'
import type { Held } from './held.ts'
import { searchOffline, searchUndelivered } from './iterative/losing.ts'
import { passAgain } from './passing.ts'

/** A query was not sent: its branch is over and the next peer asked; one that we only passed on is passed to another. */
export function queryUndelivered(core: Core, to: PeerRef, message: QueryMessage): void {
  const found = core.table.byBranch(message.id)
  if (found === undefined) {
    if (searchUndelivered(core, message.id)) return
    if (core.ended.get(message.id, nowMs(core)) === undefined) passAgain(core, to, message)
    return
  }
  if (found.branch.peer.id !== to.id) return
  loseBranch(core, found.pending, found.branch, true)
  goOn(core, found.pending)
}

/** An answer was not sent. What it closes must be known to its peer as long as that peer is there. */
export function answerUndelivered(
  core: Core,
  held: Held,
  to: PeerRef,
  message: AnswerMessage,
  reason: 'offline' | 'full' | 'too-long'
): void {
  const { answers } = message
  if (reason === 'full') held.keep(to, message)
  if (reason !== 'too-long' || answers.length === 0) return
  // One by one they may fit; one that does not is left out, but what it closes must be known.
  if (answers.length === 1) core.output.send(to, { ...message, answers: [] })
  for (const [index, answer] of answers.length === 1 ? [] : answers.entries()) {
    const last = index === answers.length - 1
    core.output.send(to, { ...message, answers: [answer], ...(last ? {} : { closed: 0, unspent: 0 }) })
  }
}

/** Contacts were not sent: they wait for room, and the farther half is left out of what is too long. */
export function contactsUndelivered(
  core: Core,
  held: Held,
  to: PeerRef,
  message: ContactsMessage,
  reason: 'offline' | 'full' | 'too-long'
): void {
  const { records } = message
  if (reason === 'full') held.keep(to, message)
  if (reason !== 'too-long' || records.length < 2) return
  core.output.send(to, { ...message, records: records.slice(0, records.length >> 1) })
}

/** Nothing more is sent to this peer: its branches are over, its questions nobody's, and the route's answers of before no longer name it. */
export function offline(core: Core, peer: PeerId): void {
  for (const [ticket, waiting] of core.waiting) {
    if (waiting.type === 'contacts' && waiting.replyTo === peer) core.waiting.delete(ticket)
    if (waiting.type !== 'other') continue
    waiting.exclude.add(peer)
    if (waiting.replyTo === peer) core.waiting.delete(ticket)
  }
  searchOffline(core, peer)
  for (const pending of core.table.all) {
    if (pending.ticket !== undefined) pending.tried.add(peer)
    const lost = [...pending.branches.values()].filter((branch) => branch.peer.id === peer && !branch.direct)
    for (const branch of lost) loseBranch(core, pending, branch, false)
    if (pending.origin.type === 'relay' && pending.origin.parent.id === peer) forget(core, pending)
    else if (lost.length > 0) goOn(core, pending)
  }
}

/**
 * @module queries/iterative/naming
 * What a peer does that is asked in mode `iterative`: it answers from its own store and names the nearest that it knows. It keeps nothing of the query.
 */
import type { PeerRef } from '../../identity/peer-ref.ts'
import { maxContacts } from '../../wire/limits.ts'
import type { AnswerItem, EndReason, QueryMessage } from '../../wire/messages.ts'
import type { Core } from '../core.ts'
import { newTicket, say } from '../core.ts'

/** Answers an `iterative` query of `from`. */
export function answerSearch(core: Core, from: PeerRef, message: QueryMessage): void {
  const { id } = message
  const close = (reason: EndReason, answers: readonly AnswerItem[] = []): void =>
    // The asker asks the next only when it has heard us, so nothing found is said here even where the rules want silence.
    say(core, { type: 'peer', peer: from }, id, { answers, closed: 1, unspent: 0, reason })
  if (core.self.anonymous || !core.app.accepts(message.body)) {
    close('refused')
    return
  }
  if (core.waiting.size >= core.limits.maxPending) {
    core.count.busy++
    close('busy')
    return
  }
  const wanted = Math.max(1, Math.min(message.results, core.options.rules.max.results))
  const found = core.app.lookup(message.body, wanted, from).slice(0, wanted)
  core.count.answered += found.length
  const answers = found.map((body) => ({ from: core.self.id, hops: message.travelled, body }))
  const key = core.app.keyOf(message.body)
  const count = Math.min(message.fanOut, core.limits.searchWidth, maxContacts)
  if (key === undefined || count < 1 || found.length >= wanted) {
    close('done', answers)
    return
  }
  const run = (records: readonly Uint8Array[]): void => {
    const named = records.slice(0, count)
    if (named.length > 0) core.output.send(from, { type: 'contacts', app: core.options.app, id, records: named })
    close('done', answers)
  }
  const ticket = newTicket(core, { type: 'contacts', replyTo: from.id, run })
  const request = { ticket, key, count, exclude: [from.id], discover: false, nearer: false }
  core.output.route({ ...request, contacts: 'name' })
}

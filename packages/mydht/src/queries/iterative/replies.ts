/**
 * @module queries/iterative/replies
 * What the hops of a search say: peers nearer to the key, and answers. Not here: whom to ask next (`search.ts`).
 */
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { AnswerMessage, ContactsMessage } from '../../wire/messages.ts'
import type { Core } from '../core.ts'
import { copied } from '../core.ts'
import { endSearch, fail, hear, searchOn, type SearchBranch } from './search.ts'

/** Contacts that a peer names. */
export function searchContacts(core: Core, from: PeerRef, message: ContactsMessage): void {
  const branch = core.searchBranches.get(message.id)
  if (!branch || branch.candidate.peer?.id !== from.id || branch.named) {
    if (branch) core.count.uninvited++
    else core.count.unknown++
    return
  }
  branch.named = true
  const { search, candidate } = branch
  const records = message.records.slice(0, search.width)
  for (const record of records) hear(core, search, candidate.path, record, from, candidate.depth + 1)
  // Contacts that did not fit into a full queue come after the answer: then nothing else goes on with them.
  if (candidate.state === 'answered') searchOn(core, search)
}

/** An answer to one of our searches. False: it belongs to none. */
export function searchAnswer(core: Core, from: PeerRef, message: AnswerMessage): boolean {
  const branch = core.searchBranches.get(message.id)
  if (!branch) return false
  const { search, candidate } = branch
  if (candidate.peer?.id !== from.id) {
    core.count.uninvited++
    return true
  }
  // Given up: more of the same would cost a check each.
  const { maxInvalidPerBranch } = core.limits
  if (branch.invalid > maxInvalidPerBranch) {
    core.count.late += message.answers.length
    return true
  }
  takeAnswers(core, branch, from, message)
  const over = message.closed > 0 || branch.invalid > maxInvalidPerBranch
  if (over && candidate.state !== 'answered') {
    const declined = message.reason === 'busy' || message.reason === 'refused' || branch.invalid > maxInvalidPerBranch
    search.underWay.delete(candidate)
    if (declined && branch.answers === 0) fail(search, candidate)
    else {
      // It was silent for too long, and has spoken after all.
      if (candidate.state === 'failed') search.failed--
      candidate.state = 'answered'
      if (branch.answers === 0) search.notFound++
    }
  }
  if (search.wanted === 0) endSearch(core, search, 'complete')
  else searchOn(core, search)
  return true
}

function takeAnswers(core: Core, branch: SearchBranch, from: PeerRef, message: AnswerMessage): void {
  const { search } = branch
  for (const item of message.answers) {
    if (search.wanted === 0 || branch.invalid > core.limits.maxInvalidPerBranch) {
      core.count.late++
      continue
    }
    const body = copied(item.body)
    if (!core.app.verify(search.question, body)) {
      core.count.invalid++
      search.invalid++
      branch.invalid++
      continue
    }
    search.wanted--
    search.answers++
    branch.answers++
    core.output.answer(search.ask, { from: item.from, via: from.id, hops: branch.candidate.depth, body })
  }
}

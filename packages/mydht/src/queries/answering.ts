/**
 * @module queries/answering
 * What an answer that arrives does: checked for who sent it and whether it is true, handed out or up, and its weight taken back.
 * Not here: what is asked next (`asking.ts`).
 */
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerItem, AnswerMessage } from '../wire/messages.ts'
import { finish, goOn, takeBack } from './asking.ts'
import type { Core } from './core.ts'
import { copied, nowMs } from './core.ts'
import { searchAnswer } from './iterative/replies.ts'
import { passBack } from './passing.ts'
import type { Branch, Pending } from './pending.ts'

/** An answer message came from `from`. */
export function receiveAnswer(core: Core, from: PeerRef, message: AnswerMessage): void {
  const found = core.table.byBranch(message.id)
  if (found === undefined) {
    if (searchAnswer(core, from, message) || passBack(core, from, message)) return
    // The last word of a branch that we no longer wait for brings nothing, and nothing is lost with it.
    if (core.ended.get(message.id, nowMs(core)) === undefined) core.count.unknown++
    else core.count.late += message.answers.length
    return
  }
  const { pending, branch } = found
  if (!branch.direct && branch.peer.id !== from.id) {
    core.count.uninvited++
    return
  }
  const answers = takeAnswers(core, pending, branch, from, message.answers)
  const over = takeBack(core, pending, branch, message.closed, message.unspent)
  if (over && branch.answers === 0) {
    if (message.reason === 'busy' || message.reason === 'refused') pending.failed++
    else pending.notFound++
  }
  if (pending.wanted === 0) {
    finish(core, pending, 'complete', answers)
    return
  }
  if (!over && !branch.direct && branch.invalid > core.limits.maxInvalidPerBranch) giveUp(core, pending, branch)
  goOn(core, pending, answers)
}

/** Verifies answers one by one. Hands out those to our own question at once; gives those for somebody else. */
function takeAnswers(
  core: Core,
  pending: Pending,
  branch: Branch,
  from: PeerRef,
  items: readonly AnswerItem[]
): readonly AnswerItem[] {
  const forParent: AnswerItem[] = []
  for (const item of items) {
    // Past the bound each would cost one check more.
    if (pending.wanted === 0 || invalidOf(branch, from) > core.limits.maxInvalidPerBranch) {
      core.count.late++
      continue
    }
    const body = copied(item.body)
    if (!core.app.verify(pending.question, body)) {
      core.count.invalid++
      pending.invalid++
      branch.invalid++
      if (branch.direct) (branch.invalidBy ??= new Map()).set(from.id, invalidOf(branch, from) + 1)
      continue
    }
    pending.wanted--
    pending.answers++
    branch.answers++
    if (pending.origin.type === 'own') {
      core.output.answer(pending.origin.ask, { from: item.from, via: from.id, hops: item.hops, body })
    } else {
      core.app.passing?.(pending.question, body, from)
      forParent.push({ from: item.from, hops: item.hops, body })
    }
  }
  return forParent
}

/** Answers to a `direct` branch may come from anybody: one liar must not end it for all, so each has a bound of his own. */
function invalidOf(branch: Branch, from: PeerRef): number {
  return branch.direct ? (branch.invalidBy?.get(from.id) ?? 0) : branch.invalid
}

/** A peer that keeps sending rubbish: its branch is over, and what it was given is spent. */
function giveUp(core: Core, pending: Pending, branch: Branch): void {
  takeBack(core, pending, branch, branch.outstanding, 0)
  if (branch.answers === 0) pending.failed++
  core.output.send(branch.peer, { type: 'cancel', app: core.options.app, id: branch.id })
}

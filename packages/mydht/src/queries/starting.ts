/**
 * @module queries/starting
 * The beginning of our own question: our own store first, then the peers. Not here: questions of others (`receiving.ts`).
 */
import { finish, goOn, outcome } from './asking.ts'
import type { AskGrant } from './clamp.ts'
import type { Core } from './core.ts'
import { copied, nowMs, wakeBy } from './core.ts'
import { defaultHistory } from './defaults.ts'
import { startHistory } from './history.ts'
import { askMode } from './modes.ts'
import { startSearch } from './iterative/search.ts'
import type { Pending } from './pending.ts'
import type { Ask } from './query.ts'

/** Starts question `number`, as granted. It may be over before this returns. */
export function start(core: Core, number: number, ask: Ask, grant: AskGrant): void {
  core.count.asked++
  const key = ask.mode === 'iterative' && !core.self.anonymous ? (ask.key ?? core.app.keyOf(ask.body)) : undefined
  if (key !== undefined) {
    startIterative(core, number, ask, grant, key)
    return
  }
  const question = copied(ask.body)
  const pending: Pending = {
    origin: { type: 'own', ask: number, discover: ask.discover ?? false },
    trace: core.parts.random.u64(),
    question,
    key: ask.key === undefined ? core.app.keyOf(question) : copied(ask.key),
    mode: askMode(core.self, ask.mode ?? 'proxied'),
    hops: grant.hops - 1,
    travelled: 1,
    fanOut: grant.fanOut,
    priority: grant.priority,
    history: startHistory(core.self, ask.history ?? defaultHistory),
    deadlineMs: nowMs(core) + grant.lifetimeMs,
    wanted: grant.results,
    pool: grant.hops < 1 ? 0 : grant.budget,
    tried: new Set(),
    asked: [],
    branches: new Map(),
    ticket: undefined,
    slots: 0,
    dry: false,
    sent: 0,
    answers: 0,
    notFound: 0,
    failed: 0,
    invalid: 0,
  }
  if (!core.table.hasRoom(undefined)) {
    core.count.busy++
    core.output.done(number, outcome(pending, 'busy'))
    return
  }
  // Our own question may come back to us along a loop: never to be answered, whatever hops it has left.
  core.traces.set(pending.trace, { hops: Infinity, answered: true, retries: 0, cause: undefined }, nowMs(core))
  core.table.add(pending)
  if (ask.local ?? true) answerOurselves(core, number, pending)
  if (pending.wanted === 0) finish(core, pending, 'complete')
  else {
    wakeBy(core, pending.deadlineMs)
    goOn(core, pending)
  }
}

function startIterative(core: Core, number: number, ask: Ask, grant: AskGrant, key: Uint8Array): void {
  const none = { answers: 0, sent: 0, notFound: 0, failed: 0, invalid: 0, closest: [] }
  if (core.table.all.size + core.searches.size >= core.limits.maxPending) {
    core.count.busy++
    core.output.done(number, { reason: 'busy', ...none })
    return
  }
  const own = (ask.local ?? true) ? fromOurselves(core, number, ask.body, grant.results) : 0
  if (own >= grant.results) core.output.done(number, { reason: 'complete', ...none, answers: own })
  else startSearch(core, number, { ask, grant, key, answers: own })
}

function answerOurselves(core: Core, number: number, pending: Pending): void {
  const found = fromOurselves(core, number, pending.question, pending.wanted)
  pending.wanted -= found
  pending.answers += found
}

/** Hands out answers of our own store and gives their number. */
function fromOurselves(core: Core, number: number, question: Uint8Array, wanted: number): number {
  const from = core.self.anonymous ? undefined : core.self.id
  const found = core.app.lookup(question, wanted, undefined).slice(0, wanted)
  for (const body of found) core.output.answer(number, { from, via: undefined, hops: 0, body })
  return found.length
}

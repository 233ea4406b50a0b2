/**
 * @module apps/kv/providing
 * Provider records in the kv app: the question [3, key] beside those for values, and the calls behind `node.kv.provide`, `withdraw` and `providers`.
 * Not here: the records themselves (`apps/providers/`).
 */
import type { ErrorCode } from '../../errors.ts'
import type { Answer, Ask, AskOutcome, EngineApp } from '../../queries/query.ts'
import type { Provided } from '../providers/own.ts'
import type { Providers } from '../providers/providers.ts'
import { keyFromBytes, keyToBytes, type Key } from './key.ts'
import type { KvReply, ProvidersCall } from './protocol.ts'
import { providersKey, providersQuestion } from './question.ts'

/** What it needs of the service. */
export interface KvProvidingInit {
  readonly providers: Providers
  readonly ask: (call: number, ask: Ask) => void
  readonly reply: (call: number, value: KvReply, last: boolean) => void
  readonly fail: (call: number, code: ErrorCode, message: string) => void
}

/** The calls for provider records. */
export interface KvProviding {
  call(id: number, wanted: ProvidersCall): void
  /** An answer to one of its questions. False: the question is none of them. */
  answer(call: number, answer: Answer): boolean
  /** The end of one of its questions. False: the question is none of them. */
  done(call: number, outcome: AskOutcome): boolean
  cancel(call: number): void
}

/** Makes them. */
export function createKvProviding({ providers, ask, reply, fail }: KvProvidingInit): KvProviding {
  const askedBy = new Map<number, Key>()
  const toldBy = (call: number, key: Key): Provided => {
    return (outcome) => {
      if (!outcome.ok) return fail(call, outcome.code, outcome.message)
      const { expiresAtMs, spread } = outcome
      reply(call, { type: 'provided', key, expiresAtMs, spread }, true)
    }
  }

  return {
    call(id, wanted) {
      const { key } = wanted
      if (wanted.type === 'provide') providers.provide(wanted, toldBy(id, key))
      else if (wanted.type === 'withdraw') {
        const did = providers.withdraw(key, toldBy(id, key))
        if (!did) reply(id, { type: 'provided', key, expiresAtMs: undefined, spread: undefined }, true)
      } else {
        askedBy.set(id, key)
        ask(id, { ...wanted.ask, body: providersQuestion(key), key: keyToBytes(key) })
      }
    },
    answer(call, { body, from, via, hops }) {
      const key = askedBy.get(call)
      if (key === undefined) return false
      const known = providers.known(body)
      if (known?.key !== key) return true
      const { provider, addresses, note, expiresAtMs } = known
      reply(call, { type: 'provider', found: { key, provider, addresses, note, expiresAtMs, from, via, hops } }, false)
      return true
    },
    done(call, outcome) {
      if (!askedBy.delete(call)) return false
      if (outcome.reason !== 'busy') reply(call, { type: 'absent', outcome }, true)
      else
        fail(call, 'MYDHT_BUSY', 'too many queries are under way here: await some of them, or raise limits.maxPending')
      return true
    },
    cancel: (call) => void askedBy.delete(call),
  }
}

/** An engine's app that answers questions for providers beside those of `app`, and keeps provider records beside its values. */
export function withProviders(app: EngineApp, providers: Providers): EngineApp {
  const asked = (question: Uint8Array): Key | undefined => {
    const bytes = providersKey(question)
    return bytes && keyFromBytes(bytes)
  }
  return {
    ...app,
    accepts: (question) => providersKey(question) !== undefined || app.accepts(question),
    keyOf: (question) => providersKey(question)?.slice() ?? app.keyOf(question),
    lookup(question, limit, from) {
      const key = asked(question)
      return key === undefined ? app.lookup(question, limit, from) : providers.lookup(key, limit)
    },
    verify(question, answer) {
      const key = asked(question)
      return key === undefined ? app.verify(question, answer) : providers.verify(key, answer)
    },
    passing(question, answer, from) {
      if (providersKey(question) === undefined) app.passing?.(question, answer, from)
    },
    receive: (value, from) => providers.receive(value, from) ?? app.receive?.(value, from) ?? 'known',
  }
}

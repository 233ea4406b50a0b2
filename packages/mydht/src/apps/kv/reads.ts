/**
 * @module apps/kv/reads
 * The calls `get` and `find`: which question belongs to which, and what is told of its answers. Not here: which record of several is given, and who is given it for repair
 * (`gets.ts`).
 */
import type { ErrorCode } from '../../errors.ts'
import type { Answer, Ask, AskOutcome } from '../../queries/query.ts'
import { endGet, type Get, type GetsInit } from './gets.ts'
import { keyToBytes, type Key } from './key.ts'
import type { KvCall, KvReply } from './protocol.ts'
import { questionOf } from './question.ts'
import type { Validator } from './validate.ts'

/** What reading needs of its service. */
export interface ReadsInit {
  readonly gets: GetsInit
  readonly validator: Validator
  readonly ask: (call: number, ask: Ask) => void
  readonly reply: (call: number, value: KvReply, last: boolean) => void
  readonly fail: (call: number, code: ErrorCode, message: string) => void
}

/** Reads for calls of the API. */
export interface Reads {
  read(call: number, wanted: Extract<KvCall, { readonly type: 'get' | 'find' }>): void
  /** An answer to a question, perhaps to one of these. */
  answer(call: number, answer: Answer): void
  /** A question ended, perhaps one of these. */
  done(call: number, outcome: AskOutcome): void
  cancel(call: number): void
}

/** Makes it. */
export function createReads({ gets, validator, ask, reply, fail }: ReadsInit): Reads {
  /** Calls that want one record only. */
  const getting = new Map<number, Get>()
  const askedBy = new Map<number, Key>()

  const cancel = (call: number): void => {
    getting.delete(call)
    askedBy.delete(call)
  }

  return {
    cancel,
    read(call, wanted) {
      const { key } = wanted
      askedBy.set(call, key)
      if (wanted.type === 'find') return ask(call, { ...wanted.ask, key: keyToBytes(key), body: questionOf(key) })
      const { quorum } = wanted
      getting.set(call, { key, quorum, found: [] })
      ask(call, { ...wanted.ask, key: keyToBytes(key), results: quorum, body: questionOf(key, quorum > 1) })
    },
    answer(call, answer) {
      const asked = askedBy.get(call)
      const valid = asked === undefined ? undefined : validator.checked(answer.body, asked)
      if (!valid) return
      const get = getting.get(call)
      if (get) {
        get.found.push({ valid, answer })
        return
      }
      const { key, record, expiresAtMs } = valid
      const { from, via, hops } = answer
      reply(call, { type: 'hit', key, value: record.value, record, from, via, hops, expiresAtMs }, false)
    },
    done(call, outcome) {
      if (!askedBy.has(call)) return
      const get = getting.get(call)
      cancel(call)
      if (get && get.found.length > 0) return reply(call, endGet(gets, get, outcome), true)
      if (outcome.reason !== 'busy') return reply(call, { type: 'absent', outcome }, true)
      fail(
        call,
        'MYDHT_BUSY',
        'too many queries are under way here: await some of them first, or raise limits.maxPending'
      )
    },
  }
}

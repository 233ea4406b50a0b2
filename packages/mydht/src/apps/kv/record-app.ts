/**
 * @module apps/kv/record-app
 * What the query engine asks of the kv app about records: which are here, which are true, which pass by and which are spread to us. Not here: questions for providers
 * (`providing.ts`).
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { EngineApp } from '../../queries/query.ts'
import type { KeepOutcome, Keeper } from './keep.ts'
import { askedKey, isForHolders, questionKey } from './question.ts'
import { isValid, type ValidRecord, type Validator } from './validate.ts'

/** What it needs of its service. */
export interface RecordAppInit {
  readonly keeper: Keeper
  readonly validator: Validator
  /** Whether valid answers to others' queries are kept when they pass. */
  readonly cachesPassing: boolean
  /** The public address block of a connected peer. */
  readonly blockOf: (peer: PeerId) => string | undefined
  /** A record was refused, or did not fit. */
  readonly count: (what: 'refused' | 'full') => void
}

/** Makes it. */
export function createRecordApp({ keeper, validator, cachesPassing, blockOf, count }: RecordAppInit): EngineApp {
  const counted = (outcome: KeepOutcome): KeepOutcome => {
    if (outcome === 'full' || outcome === 'busy') count('full')
    return outcome
  }
  const isWelcome = (valid: ReturnType<Validator['proven']>): valid is ValidRecord =>
    isValid(valid) && validator.wanted(valid.record, valid.key)

  return {
    accepts: (question) => questionKey(question) !== undefined,
    keyOf: (question) => questionKey(question)?.slice(),
    lookup(question, limit) {
      const key = askedKey(question)
      if (key === undefined || limit < 1 || (isForHolders(question) && keeper.isCached(key))) return []
      const carried = keeper.carried(key)
      return carried ? [carried] : []
    },
    verify(question, answer) {
      const isTrue = validator.carried(answer, askedKey(question)) !== undefined
      if (!isTrue) count('refused')
      return isTrue
    },
    passing(question, answer) {
      if (!cachesPassing) return
      const valid = validator.checked(answer, askedKey(question))
      if (valid) counted(keeper.cache(valid, 'passing'))
    },
    receive(value, from) {
      const valid = validator.proven(value, undefined)
      if (isWelcome(valid)) return counted(keeper.keep(valid, from.id, blockOf(from.id))) === 'news' ? 'news' : 'known'
      count('refused')
      // True, but not to this program's taste: nobody's fault.
      return valid === 'false' ? 'invalid' : 'known'
    },
  }
}

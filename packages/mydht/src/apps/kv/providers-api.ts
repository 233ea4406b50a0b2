/**
 * @module apps/kv/providers-api
 * `node.kv.provide`, `withdraw` and `providers`: who has data that stays where it is. Not here: the rest of `node.kv` (`kv.ts`).
 */
import { utf8Bytes } from '../../bytes.ts'
import type { AppCallOptions, AppCaller } from '../app.ts'
import { checkedAsk, checkedCount, patient, type AskOptions } from '../ask-options.ts'
import { answersPerProvider } from '../providers/defaults.ts'
import { expectReply } from '../replies.ts'
import * as defaults from './defaults.ts'
import { checkedKey, type Key } from './key.ts'
import type { FoundProvider, KvCall, KvReply, SpreadOutcome } from './protocol.ts'

/** How a key is provided. */
export interface ProvideOptions extends AppCallOptions {
  /** Our own words for those who find us, at most 512 bytes: a port, a size. Text is sent as UTF-8. @default none */
  readonly note?: Uint8Array | string | undefined
  /** Milliseconds that each record lives; it is signed afresh after a third of them. @default 3 hours */
  readonly ttlMs?: number | undefined
  /** Hops outward to peers that are told; with the app's `replicas` the nearest to the key are told instead. @default 1; 0: only who asks us finds us */
  readonly spread?: number | undefined
}

/** A key that we provide. `expiresAtMs`: when the record that went out dies, unless it is republished; milliseconds since 1970. */
export interface ProvidedKey {
  readonly key: Key
  readonly expiresAtMs: number
  readonly spread: SpreadOutcome
}

/** How many providers are wanted, and how far the query may go. */
export interface FindProvidersOptions extends AskOptions {
  /** @default 16 */
  readonly results?: number | undefined
}

/** The part of `node.kv` for data that stays where it is. */
export interface ProviderApi {
  /**
   * Tells peers that this node has what belongs to a key, signed, and again before that dies, for as long as the node runs; where the app's store is on disk, after
   * a start within a day too, until it is withdrawn. A key may be any: of `parseKey`, a FileId, a hash of yours. Rejects with MYDHT_LIMIT, MYDHT_FULL, and MYDHT_BAD_CONFIG in mode anonymous.
   */
  provide(key: Key, options?: ProvideOptions): Promise<ProvidedKey>
  /** Provides a key no longer, and tells those who keep our record as far as it was spread; whether it was provided. */
  withdraw(key: Key, options?: AppCallOptions): Promise<boolean>
  /** Who provides a key, each once, as they are found, ourselves too. Leaving the loop stops the query, at other peers too. */
  providers(key: Key, options?: FindProvidersOptions): AsyncIterable<FoundProvider>
}

/** Makes it. */
export function createProviderApi(caller: AppCaller<KvCall, KvReply>): ProviderApi {
  return {
    async provide(key, options = {}) {
      const { note = '', ttlMs } = options
      if (typeof note !== 'string' && !(note instanceof Uint8Array))
        throw new TypeError(`a note is text or a Uint8Array, got ${typeof note}`)
      const call: KvCall = {
        type: 'provide',
        key: checkedKey(key),
        note: typeof note === 'string' ? utf8Bytes(note) : note.slice(),
        ttlMs,
        spread: checkedCount('spread', options.spread),
      }
      const { expiresAtMs = 0, spread = { hops: 0, sent: 0 } } = expectReply(
        await caller.call(call, options),
        'provided'
      )
      return { key, expiresAtMs, spread }
    },
    async withdraw(key, options) {
      const reply = await caller.call({ type: 'withdraw', key: checkedKey(key) }, options)
      return expectReply(reply, 'provided').expiresAtMs !== undefined
    },
    async *providers(key, options = {}) {
      const wanted = checkedCount('results', options.results) ?? defaults.providerResults
      if (wanted === 0) return
      // Holders near each other keep the same records: each provider comes several times, and is told once.
      const ask = checkedAsk(options, wanted * answersPerProvider)
      const seen = new Set<string>()
      const call: KvCall = { type: 'providers', key: checkedKey(key), ask }
      for await (const reply of caller.stream(call, { ...patient(options), partial: true })) {
        if (reply.type === 'absent') return
        const { found } = expectReply(reply, 'provider')
        if (seen.has(found.provider)) continue
        seen.add(found.provider)
        yield found
        if (seen.size >= wanted) return
      }
    },
  }
}

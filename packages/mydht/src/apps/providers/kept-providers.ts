/**
 * @module apps/providers/kept-providers
 * Provider records, and what we provide ourselves, in an app's store beside its records: a node that starts again knows both. A store that does not outlive us is left alone, since
 * all of it is in memory already. Not here: which record stays (`table.ts`), and when ours go out (`own.ts`).
 *
 * Under `p` and 52 letters (the hash of key and provider): CBOR [scope, by whom (32 bytes), its address block or '', carried record]. Under `o` and the key: CBOR [scope, life in
 * milliseconds, hops, when the last record dies, note].
 */
import { crypto } from '#crypto'
import { utf8Bytes } from '../../bytes.ts'
import { encodeId } from '../../identity/id-text.ts'
import { peerIdFromBytes, peerIdToBytes } from '../../identity/peer-id.ts'
import type { Store, StoredRecord } from '../../stores/store.ts'
import { decodeCbor, encodeCbor, isBytes, isCount, isList } from '../cbor.ts'
import { decodeProvider, encodeProvider, keyBytes, type ProviderRecord } from './provider-record.ts'
import type { KeptProvider } from './table.ts'

/** What we provide, as it is known after a start. */
export interface Provision {
  /** 52 letters. */
  readonly key: string
  readonly note: Uint8Array
  readonly ttlMs: number
  readonly hops: number
  /** When the last record that went out dies, in milliseconds since 1970; 0: none did. */
  readonly lastExpiresAtMs: number
}

/** Provider records in a store. */
export interface KeptProviders {
  keep(entry: KeptProvider): void
  forget(record: ProviderRecord): void
  /** Keeps what we provide until then; whoever was away for longer must say it again. */
  keepOwn(own: Provision, untilMs: number): void
  forgetOwn(key: string): void
  /** What one entry of the store says; undefined: it is none of these, or of another app or network. */
  read(name: string, stored: StoredRecord): KeptProvider | Provision | undefined
}

/** Whether an entry of a store is one of these, by its name. */
export function isProviderEntry(name: string): boolean {
  return name.length === 53 && (name.startsWith('p') || name.startsWith('o'))
}

/** Whether it is what we provide, and not a record. */
export function isProvision(entry: KeptProvider | Provision): entry is Provision {
  return 'ttlMs' in entry
}

/** Makes it over a store that somebody else opens and closes. `scope`: whose the entries are (`apps/scope.ts`). */
export function createKeptProviders(store: Store, scope: number): KeptProviders {
  const keep = (name: string, bytes: Uint8Array, untilMs: number): void => {
    // A store that is full keeps what it has: all of this is in memory too.
    if (store.outlives === true) store.put(name, bytes, untilMs)
  }
  const forget = (name: string): void => {
    if (store.outlives === true) store.delete(name)
  }

  return {
    keep({ record, expiresAtMs, by, block }) {
      if (by === undefined) return
      const value = encodeCbor([scope, peerIdToBytes(by), block ?? '', encodeProvider(0, record)])
      keep(nameOf(record), value, expiresAtMs)
    },
    forget: (record) => forget(nameOf(record)),
    keepOwn({ key, note, ttlMs, hops, lastExpiresAtMs }, untilMs) {
      keep(`o${key}`, encodeCbor([scope, Math.ceil(ttlMs), hops, Math.floor(lastExpiresAtMs), note]), untilMs)
    },
    forgetOwn: (key) => forget(`o${key}`),
    read(name, { bytes, expiresAtMs }) {
      const decoded = decodeCbor(bytes)
      if (!decoded.ok || !isList(decoded.value) || decoded.value[0] !== scope) return undefined
      if (name.startsWith('o')) {
        const [, ttlMs, hops, lastExpiresAtMs, note] = decoded.value
        if (!isCount(ttlMs) || !isCount(hops) || !isCount(lastExpiresAtMs) || !isBytes(note)) return undefined
        return { key: name.slice(1), note, ttlMs, hops, lastExpiresAtMs }
      }
      const [, by, block, carried] = decoded.value
      if (!isBytes(by, 32) || typeof block !== 'string' || !isBytes(carried)) return undefined
      const record = decodeProvider(carried)?.record
      return record && { record, expiresAtMs, by: peerIdFromBytes(by), block: block === '' ? undefined : block }
    },
  }
}

function nameOf({ key, provider }: ProviderRecord): string {
  return `p${encodeId(crypto.blake2b(32, utf8Bytes('mydht/1 provider'), keyBytes(key), peerIdToBytes(provider)))}`
}

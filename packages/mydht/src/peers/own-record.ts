/**
 * @module peers/own-record
 * Our own PeerRecord: signed anew whenever our addresses change, and before it expires. Not here: when that is looked at (`auth-service.ts`).
 */
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/keys.ts'
import { createPeerRecord, encodePeerRecord, nextSequence } from '../identity/peer-record.ts'

/** Our record as it is now. */
export interface OwnRecord {
  /** Its signed bytes; the memory is not to be changed. */
  readonly bytes: Uint8Array
  /** When it should be signed again, in milliseconds since 1970. */
  readonly renewAtMs: number
  /** Signs it again, with other addresses where they are given. Throws TypeError for addresses that no record can hold. */
  renew(addresses?: readonly string[], clientOnly?: boolean): void
}

/** How long a record lives and when it is renewed, in milliseconds. */
export interface OwnRecordOptions {
  readonly lifetimeMs: number
  readonly renewMs: number
  /** The last sequence that this identity has used anywhere, 0 for none: the next is higher, even if the clock was set back. */
  readonly lastSequence: number
}

/** Makes our first record, without an address. */
export function ownRecord(identity: Identity, clock: Clock, options: OwnRecordOptions): OwnRecord {
  let sequence = options.lastSequence
  let addresses: readonly string[] = []
  let clientOnly = false
  let bytes = sign()
  let renewAtMs = clock.now() + options.renewMs

  function sign(): Uint8Array {
    const nowMs = clock.now()
    sequence = nextSequence(sequence, nowMs)
    const expiresAtMs = Math.trunc(nowMs) + options.lifetimeMs
    return encodePeerRecord(createPeerRecord(identity, { sequence, expiresAtMs, addresses, clientOnly }))
  }

  return {
    get bytes() {
      return bytes
    },
    get renewAtMs() {
      return renewAtMs
    },
    renew(nextAddresses = addresses, nextClientOnly = clientOnly) {
      addresses = [...nextAddresses]
      clientOnly = nextClientOnly
      bytes = sign()
      renewAtMs = clock.now() + options.renewMs
    },
  }
}

/** @module What tests of malicious nodes are made of: identities, signed things in several versions, and a service's side of a conversation. */
import assert from 'node:assert/strict'
import type { AppEvent } from '../../../../src/apps/app.ts'
import { encodeCarried, encodeRecord, recordContext, signedFields } from '../../../../src/apps/kv/records.ts'
import * as provider from '../../../../src/apps/providers/provider-record.ts'
import { utf8Bytes } from '../../../../src/bytes.ts'
import { createIdentity, type Identity } from '../../../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../../../src/identity/peer-record.ts'
import { peerRef, type PeerRef } from '../../../../src/identity/peer-ref.ts'
import { seededRandom } from '../../../../src/random.ts'
import type { Heard, Mischief, Scene } from '../../../../src/testing/sim/malice/mischief.ts'
import { virtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { AppMessage, QueryMessage } from '../../../../src/wire/messages.ts'

export const network = 'net'
export const clock = virtualClock()
export const lifeMs = 3_600_000

/** When things that are made now die: a whole number, where the clock may stand between two. */
function expiry(): number {
  return Math.trunc(clock.now()) + lifeMs
}

export function identity(seed: number): Identity {
  return createIdentity(new Uint8Array(32).fill(seed), network)
}

/** Whoever talks with the malicious node. */
export const asker: PeerRef = peerRef(identity(200).id)

export function scene(name: string): Scene {
  const init = { name, self: identity(100).id, network, mode: 'public', options: {} } as const
  return { init, parts: { clock, random: seededRandom(1) } }
}

/** A record of `publisher` as it travels. */
export function carriedRecord(sequence: number, publisher: Identity = identity(1), name = 'n'): Uint8Array {
  const fields = { publisher: publisher.id, name, value: utf8Bytes(`version ${sequence}`), sequence }
  const unsigned = { kind: 'mutable', ...fields, expiresAtMs: expiry() } as const
  const signature = publisher.sign(recordContext('kv'), ...signedFields(unsigned))
  return encodeCarried(lifeMs, encodeRecord({ ...unsigned, signature }))
}

/** The record of a peer that listens at another port with each version. */
export function recordOfPeer(sequence: number, peer: Identity = identity(2)): Uint8Array {
  const facts = { sequence, expiresAtMs: expiry(), clientOnly: false }
  return encodePeerRecord(createPeerRecord(peer, { ...facts, addresses: [`sim://11.1.1.1:${sequence}`] }))
}

/** What a provider says of a key of 52 letters, as it travels. */
export function carriedProvider(
  key: string,
  sequence: number,
  withdrawn = false,
  of: Identity = identity(2)
): Uint8Array {
  const peerRecord = recordOfPeer(1, of)
  const facts = { key, provider: of.id, peerRecord, sequence, withdrawn, expiresAtMs: expiry() }
  const unsigned = { ...facts, note: new Uint8Array(0) }
  const signature = of.sign(provider.providerContext('kv'), ...provider.signedFields(unsigned))
  return provider.encodeProvider(lifeMs, { ...unsigned, signature })
}

export function query(body: Uint8Array, change: Partial<QueryMessage> = {}): QueryMessage {
  const history = { keep: 'peers', limit: 0, peers: [] } as const
  const numbers = { hops: 0, travelled: 1, fanOut: 20, results: 1, priority: 128, budget: 0, lifetimeMs: 1000 }
  const mode = { type: 'iterative' } as const
  return { type: 'query', app: 'kv', trace: 1n, id: 7n, mode, ...numbers, history, body, ...change }
}

/** Tells a malicious service something. Gives what it said at once; `heard`: the honest service would hear of it. */
export function tell(
  mischief: Mischief,
  command: Heard
): { readonly events: readonly AppEvent<never>[]; readonly passed: boolean } {
  const events: AppEvent<never>[] = []
  const kept = mischief.hears(command, (event) => {
    events.push(event)
    return true
  })
  return { events, passed: !kept }
}

export function from(message: AppMessage): Heard {
  return { type: 'message', from: asker, message }
}

/** The messages among events, which all go to whoever asked. */
export function sent(events: readonly AppEvent<never>[]): readonly AppMessage[] {
  return events.map((event) => {
    assert.ok(event.type === 'send' && event.to === asker, event.type)
    return event.message
  })
}

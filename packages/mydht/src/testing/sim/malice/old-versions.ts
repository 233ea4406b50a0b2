/**
 * @module testing/sim/malice/old-versions
 * What a replaying node remembers: of each signed thing that is replaced by newer versions (a record, a provider record, a peer record) the oldest that
 * it has seen. All of them are true; they are only over. Not here: what it does with them (`replaying.ts`).
 */
import { decodeCarried, encodeCarried, keyOfRecord } from '../../../apps/kv/records.ts'
import { decodeProvider, encodeProvider, keyBytes, looksLikeProvider } from '../../../apps/providers/provider-record.ts'
import { keyToBytes } from '../../../apps/kv/key.ts'
import { peerKey } from '../../../identity/peer-key.ts'
import { decodePeerRecord } from '../../../identity/peer-record.ts'

/** The memory of a gang. `nowMs`: milliseconds since 1970, so that what travels says how long it has to live; what is dead is not given. */
export interface OldVersions {
  /** Remembers bytes as they travel, if they are such a thing. Gives what is older than they are, with the key that it belongs under, where there is something. */
  learn(body: Uint8Array, nowMs: number): OldVersion | undefined
  /** The oldest version of the same thing; undefined: none that is older is known. */
  olderThan(body: Uint8Array, nowMs: number): Uint8Array | undefined
  /** The oldest versions of what belongs under a key: of a record, or of whoever provided it. */
  under(kind: OldVersion['kind'], key: string, nowMs: number): readonly Uint8Array[]
}

/** A thing as it was. */
export interface OldVersion {
  readonly kind: 'record' | 'provider' | 'peer'
  /** Whose it is, of what kind and under which key, in one text. */
  readonly thing: string
  /** Near which key of 32 bytes those are that should have it. */
  readonly near: Uint8Array
  /** The sequence of the newer version. */
  readonly replacedBy: number
  readonly body: Uint8Array
}

interface Version {
  readonly kind: OldVersion['kind']
  /** 52 letters: a key, or a PeerId. */
  readonly key: string
  readonly near: Uint8Array
  /** Whose it is, where several have one under the key. */
  readonly of: string
  readonly sequence: number
  readonly expiresAtMs: number
  travels(nowMs: number): Uint8Array
}

/** Things that a gang remembers. More than any scenario has records and nodes. */
const mostThings = 262_144

/** An empty memory. */
export function createOldVersions(): OldVersions {
  /** By kind and key, then by whose it is. */
  const things = new Map<string, Map<string, Version>>()
  let count = 0
  const placeOf = ({ kind, key }: Pick<Version, 'kind' | 'key'>): string => `${kind} ${key}`

  const older = (body: Uint8Array, nowMs: number): OldVersion | undefined => {
    const version = read(body)
    const oldest = version && things.get(placeOf(version))?.get(version.of)
    if (!oldest || oldest.sequence >= version.sequence || oldest.expiresAtMs <= nowMs) return undefined
    const { kind, near, of } = oldest
    const thing = `${placeOf(oldest)} ${of}`
    return { kind, thing, near, replacedBy: version.sequence, body: oldest.travels(nowMs) }
  }

  return {
    learn(body, nowMs) {
      const version = read(body)
      if (!version) return undefined
      const there = things.get(placeOf(version)) ?? new Map<string, Version>()
      const oldest = there.get(version.of)
      // What is dead counts for nothing, so the next one is the oldest.
      const isOldest = !oldest || oldest.sequence > version.sequence || oldest.expiresAtMs <= nowMs
      if (isOldest && (oldest || count < mostThings)) {
        if (!oldest) count++
        things.set(placeOf(version), there.set(version.of, version))
      }
      return older(body, nowMs)
    },
    olderThan: (body, nowMs) => older(body, nowMs)?.body,
    under: (kind, key, nowMs) =>
      [...(things.get(placeOf({ kind, key }))?.values() ?? [])]
        .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
        .map((version) => version.travels(nowMs)),
  }
}

/** What bytes are, as they travel. Copies what it keeps. Undefined: nothing that has versions. */
function read(body: Uint8Array): Version | undefined {
  if (looksLikeProvider(body)) return readProvider(body)
  const carried = decodeCarried(body)
  if (carried.ok) {
    const { record, bytes } = carried.value
    if (record.kind !== 'mutable') return undefined
    const { sequence, expiresAtMs } = record
    const own = bytes.slice()
    const travels = (nowMs: number): Uint8Array => encodeCarried(expiresAtMs - nowMs, own)
    const key = keyOfRecord(record)
    return { kind: 'record', key, near: keyToBytes(key), of: '', sequence, expiresAtMs, travels }
  }
  const peer = decodePeerRecord(body)
  if (!peer.ok) return undefined
  const { id, sequence, expiresAtMs } = peer.value
  const own = body.slice()
  return { kind: 'peer', key: id, near: peerKey(id), of: '', sequence, expiresAtMs, travels: () => own }
}

function readProvider(body: Uint8Array): Version | undefined {
  const carried = decodeProvider(body)
  if (!carried) return undefined
  const { record, peerExpiresAtMs } = carried
  const { key, provider: of, sequence } = record
  const expiresAtMs = Math.min(record.expiresAtMs, peerExpiresAtMs)
  const travels = (nowMs: number): Uint8Array => encodeProvider(expiresAtMs - nowMs, record)
  return { kind: 'provider', key, near: keyBytes(key), of, sequence, expiresAtMs, travels }
}

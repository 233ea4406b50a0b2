/**
 * @module queries/offences
 * Values and records of others that do not verify: each costs us a signature check, so each peer may have us make only so many in vain. Past
 * that the app is told, and nothing signed by others is taken from that peer until its window ends. Not here: answers that do not verify, which
 * we asked for (`answering.ts` gives up their branch).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { equalBytes } from '../bytes.ts'
import type { Core } from './core.ts'
import { copied, nowMs } from './core.ts'

/** Whether a peer has had us check in vain too often: what it brings is dropped unchecked, and counted as invalid. */
export function isIgnored(core: Core, from: PeerRef): boolean {
  if (!core.offences.isSpent(from.id, nowMs(core))) return false
  core.count.invalid++
  return true
}

/** A peer brought something that nobody signed. */
export function blame(core: Core, from: PeerRef): void {
  core.count.invalid++
  if (core.offences.charge(from.id, nowMs(core)) !== 'last') return
  core.parts.log('warn', 'peer-misbehaved', { app: core.options.app, peer: from.id })
  core.output.misbehaved?.(from)
}

/**
 * Who truly signed the record that a `direct` query carries. Copies of one query carry the same record, and only the first is checked.
 * Undefined: nobody did.
 */
export function askerOf(core: Core, trace: bigint, record: Uint8Array): PeerId | undefined {
  const now = nowMs(core)
  const seen = core.askers.get(trace, now)
  if (seen !== undefined && equalBytes(seen.record, record)) return seen.id
  const id = core.options.verifyRecord(record)
  if (id !== undefined) core.askers.set(trace, { id, record: copied(record) }, now)
  return id
}

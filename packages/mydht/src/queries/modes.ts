/**
 * @module queries/modes
 * How answers come back: what the asker's first messages say, and what each receiver makes of it. Not here: the sending (`asking.ts`, `passing.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { QueryMessage, WireMode } from '../wire/messages.ts'
import type { EngineSelf, QueryMode } from './query.ts'

const proxied: WireMode = { type: 'proxied' }

/** `direct` with our own record; `proxied` where we have none or are anonymous. */
function directToUs(self: EngineSelf): WireMode {
  return self.anonymous || self.record === undefined ? proxied : { type: 'direct', asker: self.record }
}

/** The mode of the asker's own messages. `mixed` with no proxied hop is `direct` at once. */
export function askMode(self: EngineSelf, mode: QueryMode): WireMode {
  if (mode === 'proxied' || mode === 'iterative' || self.anonymous) return proxied
  if (mode === 'direct' || mode.proxiedHops < 1) return directToUs(self)
  return { type: 'mixed', hops: Math.min(255, Math.floor(mode.proxiedHops)) - 1 }
}

/**
 * What a receiver is to a query. `proxy`: it keeps state, answers go back to the sender, and its own messages carry `next`. `pass`: it keeps
 * none, and answers go to the asker. `refuse`: the record is nobody's.
 */
export type Role =
  | { readonly type: 'proxy'; readonly next: WireMode }
  | { readonly type: 'pass'; readonly asker: PeerId; readonly record: Uint8Array }
  | { readonly type: 'refuse' }

/** Everything that decides a role. */
export interface RoleParts {
  readonly self: EngineSelf
  /** Who truly signed a record; undefined: nobody did. */
  readonly verifyRecord: (record: Uint8Array) => PeerId | undefined
  readonly reachable: (peer: PeerRef) => boolean
  /** Whether one more query of this peer may have us answer somebody else. Charges its budget. */
  readonly mayAnswer: (cause: PeerRef) => boolean
}

/**
 * The receiver's role. At the first hop `direct` holds only when the record is the sender's and we have dialled the sender there ourselves;
 * otherwise we proxy, so nobody can make a network talk to an address that is not his. Further on we have only the sender's word that the asker
 * asked, so each sender has a budget of such queries; past it we proxy too, and our answers go back along the path. In `mixed` the hop where the proxied hops are used up
 * asks on in its own name.
 */
export function receiverRole(parts: RoleParts, from: PeerRef, message: QueryMessage): Role {
  const { mode } = message
  // An `iterative` query is nobody's to pass on: `iterative/naming.ts` answers it.
  if (mode.type === 'proxied' || mode.type === 'iterative' || parts.self.anonymous)
    return { type: 'proxy', next: proxied }
  if (mode.type === 'mixed') {
    return { type: 'proxy', next: mode.hops > 0 ? { type: 'mixed', hops: mode.hops - 1 } : directToUs(parts.self) }
  }
  const asker = parts.verifyRecord(mode.asker)
  if (asker === from.id) {
    return parts.reachable(from) ? { type: 'pass', asker, record: mode.asker } : { type: 'proxy', next: proxied }
  }
  if (message.travelled <= 1) return { type: 'proxy', next: proxied }
  if (asker === undefined) return { type: 'refuse' }
  return parts.mayAnswer(from) ? { type: 'pass', asker, record: mode.asker } : { type: 'proxy', next: proxied }
}

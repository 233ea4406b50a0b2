/**
 * @module peers/accept
 * The accept hook: the program's own word on who may connect, asked after a peer has proved its id and before anything of it is stored.
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRecord } from '../identity/peer-record.ts'

/** Who asks to be a peer. In mode `anonymous` there is neither id nor record. */
export interface Candidate {
  readonly id: PeerId | undefined
  readonly record: PeerRecord | undefined
  /** Host of the other end, without a port. */
  readonly remoteHost: string
  /** Whether it dialled us. */
  readonly incoming: boolean
}

/**
 * The hook's word. `true`: yes, at priority 0. A priority is a whole number from 0 to 255, for the program's own rules.
 * `code` says why not: 1 to 64 printable ASCII letters, told to the peer. @default 'refused'
 */
export type Verdict =
  | boolean
  | { readonly accepted: true; readonly priority?: number | undefined }
  | { readonly accepted: false; readonly code?: string | undefined }

/**
 * Called once for each proven connection, several at a time. It may take until the deadline `acceptMs`; a throw, a rejection, a late or a
 * malformed answer refuses. What the peer sends meanwhile is held, bounded.
 */
export type AcceptHook = (candidate: Candidate) => Verdict | Promise<Verdict>

/** A verdict with nothing left out; `code` is '' when accepted. */
export interface Judgement {
  readonly accepted: boolean
  readonly priority: number
  readonly code: string
}

/** What a refused peer is told when the hook itself went wrong: it learns nothing of why. */
export const acceptFailed: Judgement = { accepted: false, priority: 0, code: 'accept-failed' }

/** What a refused peer is told when the hook was too slow. */
export const acceptTimedOut: Judgement = { accepted: false, priority: 0, code: 'accept-timeout' }

/** Fills a verdict's gaps; undefined for what is none (the hook may be plain JavaScript). */
export function judgementOf(verdict: unknown): Judgement | undefined {
  if (verdict === true) return { accepted: true, priority: 0, code: '' }
  if (verdict === false) return { accepted: false, priority: 0, code: 'refused' }
  if (typeof verdict !== 'object' || verdict === null || !('accepted' in verdict)) return undefined
  if (verdict.accepted === true) {
    const priority = 'priority' in verdict ? (verdict.priority ?? 0) : 0
    const fits = typeof priority === 'number' && Number.isInteger(priority) && priority >= 0 && priority <= 255
    return fits ? { accepted: true, priority, code: '' } : undefined
  }
  if (verdict.accepted === false) {
    const code = 'code' in verdict ? (verdict.code ?? 'refused') : 'refused'
    return typeof code === 'string' && /^[!-~]([ -~]{0,62}[!-~])?$/.test(code)
      ? { accepted: false, priority: 0, code }
      : undefined
  }
  return undefined
}

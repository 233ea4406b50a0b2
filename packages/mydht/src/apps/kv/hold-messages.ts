/**
 * @module apps/kv/hold-messages
 * What a node says to one that is to hold a record for it, and the answer. As CBOR: keep [1, carried] · keep if the sequence is such [2, carried, sequence]
 * (0: if there is none) · cache [3, carried] · provider [4, carried provider record]; the answer is the number of an outcome. Not here: what is done (`hold.ts`).
 */
import { decodeCbor, encodeCbor, isBytes, isCount, isList } from '../cbor.ts'

/** What is asked of a holder. `carried`: a record with its remaining lifetime (`records.ts`). */
export type HoldRequest =
  | { readonly type: 'keep'; readonly carried: Uint8Array; readonly ifSequence: number | undefined }
  | { readonly type: 'cache'; readonly carried: Uint8Array }
  /** A carried provider record (`apps/providers/provider-record.ts`). */
  | { readonly type: 'provider'; readonly record: Uint8Array }

/**
 * What became of it. `kept`: it is new there. `known`: it was there. `newer`: a newer one is. `conflict`: the sequence was another. `full`: no room.
 * `far`: others are nearer to the key. `refused`: not true, or not to that program's taste.
 */
export type HoldOutcome = 'kept' | 'known' | 'newer' | 'conflict' | 'full' | 'far' | 'refused'

// Numbers on the wire: append-only.
const keepKind = 1
const keepIfKind = 2
const cacheKind = 3
const providerKind = 4

/** Outcomes by number, on the wire. */
export const holdOutcomes: readonly HoldOutcome[] = ['kept', 'known', 'newer', 'conflict', 'full', 'far', 'refused']

/** The body of a request. */
export function encodeHold(request: HoldRequest): Uint8Array {
  if (request.type === 'provider') return encodeCbor([providerKind, request.record])
  if (request.type === 'cache') return encodeCbor([cacheKind, request.carried])
  const { carried, ifSequence } = request
  return encodeCbor(ifSequence === undefined ? [keepKind, carried] : [keepIfKind, carried, ifSequence])
}

/** Reads a request; undefined when it is none. */
export function decodeHold(body: Uint8Array): HoldRequest | undefined {
  const decoded = decodeCbor(body)
  if (!decoded.ok || !isList(decoded.value)) return undefined
  const [kind, carried, sequence] = decoded.value
  if (!isBytes(carried)) return undefined
  const { length } = decoded.value
  if (kind === keepKind && length === 2) return { type: 'keep', carried, ifSequence: undefined }
  if (kind === keepIfKind && length === 3 && isCount(sequence)) return { type: 'keep', carried, ifSequence: sequence }
  if (kind === providerKind && length === 2) return { type: 'provider', record: carried }
  return kind === cacheKind && length === 2 ? { type: 'cache', carried } : undefined
}

/** The body of an answer. */
export function encodeOutcome(outcome: HoldOutcome): Uint8Array {
  return encodeCbor(holdOutcomes.indexOf(outcome))
}

/** Reads an answer; undefined when it is none. */
export function decodeOutcome(body: Uint8Array): HoldOutcome | undefined {
  const decoded = decodeCbor(body, { maxBytes: 9 })
  return decoded.ok && isCount(decoded.value) ? holdOutcomes[decoded.value] : undefined
}

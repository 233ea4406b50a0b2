/**
 * @module peers/refusal
 * The refusals that a responder may say in clear, before any key is agreed: their numbers and what an initiator makes of them.
 * They are hints. Anybody on the way can forge them, so nothing but the wording of an error may depend on them.
 */
import type { ErrorCode } from '../errors.ts'

/** Numbers on the wire, append-only: docs/PROTOCOL.md, "Refusal codes". */
const codes: readonly (readonly [number, ErrorCode, string])[] = [
  [1, 'MYDHT_WRONG_PROTOCOL', 'that it was not spoken to in the protocol of MyDHT'],
  [2, 'MYDHT_WRONG_VERSION', 'that it speaks another version of the protocol: run the same version at both ends'],
  [3, 'MYDHT_WRONG_NETWORK', 'that it belongs to another network: give both nodes the same `network`'],
  [4, 'MYDHT_WRONG_SHADOW', 'that it uses another shadow: give both nodes the same `shadow`'],
  [5, 'MYDHT_WRONG_ENCODING', 'that it uses another encoding: give both nodes the same `encoding`'],
  [6, 'MYDHT_WRONG_MODE', 'that its network runs in another mode: give both nodes the same `mode`'],
  [7, 'MYDHT_LIMIT', 'that it has too many connections or handshakes now: try again later'],
  [8, 'MYDHT_BAD_MESSAGE', 'that our first message was malformed'],
]

/** The three bytes that refuse: a message length of zero, then the number. Undefined for an error that has no number. */
export function encodeRefusal(code: ErrorCode): Uint8Array | undefined {
  const found = codes.find(([, known]) => known === code)
  return found && Uint8Array.of(0, 0, found[0])
}

/** What an initiator makes of a refusal's number: unknown ones are MYDHT_REFUSED. */
export function readRefusal(number: number): { readonly code: ErrorCode; readonly detail: string } {
  const found = codes.find(([known]) => known === number)
  const said = found?.[2] ?? `no (refusal number ${number})`
  return {
    code: found?.[1] ?? 'MYDHT_REFUSED',
    detail: `the other side says ${said}. This is its unauthenticated word: anybody on the way could have said it`,
  }
}

/**
 * @module peers/handshake
 * One handshake, without I/O and without time: bytes in, bytes and an outcome out. Three messages behind the initiator's preamble, each with
 * its length (u16, big-endian): initiator's 1, responder's 2, initiator's 3. Not here: deadlines, limits, the accept hook (`auth-service.ts`).
 *
 * Nothing of ours leaves before the other side proved who it is, where we are the initiator: messages 2 and the PeerId that we expected are
 * checked before message 3 is made. A handshake that ended, well or badly, drops its keys and takes nothing more.
 */
import type { NodeMode } from '../identity/mode.ts'
import { concat, noBytes, readU16, utf8Bytes } from '../bytes.ts'
import type { ErrorCode } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRecord } from '../identity/peer-record.ts'
import { maxHandshakeMessageBytes } from '../shadows/defaults.ts'
import type { Role, ShadowHandshake } from '../shadows/shadow.ts'
import { collector } from './collector.ts'
import { identityPayload, readIdentityPayload, readReturnAddress, type SignedHandshake } from './handshake-payload.ts'
import type {
  Handshake,
  HandshakeOptions,
  HandshakeOutput,
  HandshakeParts,
  HandshakeStep,
} from './handshake-contract.ts'
import { encodePreamble, maxPreambleBytes, parsePreamble, returnProof } from './preamble.ts'
import { encodeRefusal, readRefusal } from './refusal.ts'

/** Makes a handshake. Throws nothing: wrong options come out of `start()` as `failed`. */
export function createHandshake(parts: HandshakeParts, options: HandshakeOptions): Handshake {
  const { identity, mode, shadow } = parts
  const input = collector(Math.max(maxHandshakeMessageBytes, maxPreambleBytes))
  let step: HandshakeStep = 'start'
  let reading: 'preamble' | 'length' | 'body' | 'refusal' = 'preamble'
  let crypt: ShadowHandshake | undefined
  let proof: Uint8Array | undefined
  /** Responder: whether it wrote, or will write to another link: from then on a refusal would be read as something else. */
  let silent = options.role === 'initiator' || !options.duplex
  let peer: { readonly id: PeerId; readonly record: PeerRecord; readonly recordBytes: Uint8Array } | undefined
  let consumed = 0
  let out: HandshakeOutput[] = []

  const over = (): void => {
    step = 'over'
    crypt = undefined
    input.want(0)
  }
  const fail = (code: ErrorCode, detail: string): void => {
    const hint = silent ? undefined : encodeRefusal(code)
    if (hint) out.push({ type: 'write', bytes: hint })
    out.push({ type: 'failed', code, detail })
    over()
  }
  const awaitMessage = (next: HandshakeStep): void => {
    step = next
    reading = 'length'
    input.want(2)
  }

  /** Our payload for the message that is written next. */
  const ownPayload = (other: PeerId | undefined, by: ShadowHandshake): Uint8Array => {
    if (mode === 'anonymous') return noBytes
    const signed = {
      shadow: shadow.name,
      role: options.role,
      staticKey: by.staticKey,
      other,
      binding: by.bindingBeforeWrite(),
    }
    return identityPayload(identity, options.record, signed)
  }

  /** Opens message 2 or 3; false: it failed. */
  const readPeer = (message: Uint8Array, by: ShadowHandshake): boolean => {
    const read = by.read(message)
    if (read === undefined) {
      fail(
        'MYDHT_SHADOW_FAILED',
        `${step} does not open: it was changed on the way, or the other side does not hold the keys`
      )
      return false
    }
    if (mode === 'anonymous') {
      if (read.payload.length > 0)
        fail('MYDHT_BAD_MESSAGE', `${step} holds ${read.payload.length} bytes: in mode anonymous it is empty`)
      return read.payload.length === 0
    }
    const theirs: Role = options.role === 'initiator' ? 'responder' : 'initiator'
    const other = theirs === 'initiator' ? identity.id : undefined
    const signed: SignedHandshake = {
      shadow: shadow.name,
      role: theirs,
      staticKey: by.remoteStaticKey,
      other,
      binding: read.binding,
    }
    const checked = readIdentityPayload(read.payload, identity.network, signed, parts.now())
    if (!checked.ok) fail(checked.code, checked.detail)
    else if (checked.id === identity.id) fail('MYDHT_SELF', 'the other side is this very node: the address is our own')
    else if (options.expected !== undefined && checked.id !== options.expected) {
      fail(
        'MYDHT_WRONG_PEER',
        `${checked.id} answered where ${options.expected} was expected: ask its owner for its address`
      )
    } else peer = checked
    return peer !== undefined
  }

  const proven = (by: ShadowHandshake): void => {
    const { send, receive } = by.finish()
    out.push({
      type: 'proven',
      id: peer?.id,
      record: peer?.record,
      recordBytes: peer?.recordBytes,
      send,
      receive,
      consumed,
    })
    over()
  }

  const message1 = (message: Uint8Array, by: ShadowHandshake): void => {
    const read = by.read(message)
    if (read === undefined)
      return fail(
        'MYDHT_SHADOW_FAILED',
        'message 1 does not open: it was changed on the way, or the other side does not hold the keys'
      )
    let head: Uint8Array = noBytes
    if (read.payload.length > 0) {
      // An answer can go back on this very link: whoever wants it elsewhere wants us to knock there.
      if (options.duplex)
        return fail('MYDHT_BAD_MESSAGE', 'message 1 names a return address though the link carries bytes both ways')
      const address = readReturnAddress(read.payload)
      if (address === undefined) return fail('MYDHT_BAD_MESSAGE', 'message 1 holds something that is no return address')
      if (options.mayReturnTo?.(address) === false) {
        return fail(
          'MYDHT_BAD_ADDRESS',
          `the return address ${address} is not on the host that the link came from: we answer nobody else`
        )
      }
      silent = true
      proof = returnProof(message)
      head = encodePreamble(parts.facts, proof)
      out.push({ type: 'need-return', address, proof })
    } else if (!options.duplex) {
      return fail(
        'MYDHT_BAD_ADDRESS',
        'the link is one-way and message 1 names no return address: there is nowhere to answer'
      )
    }
    const answer = by.write(ownPayload(undefined, by))
    silent = true
    out.push({ type: 'write', bytes: concat([head, framed(answer)]) })
    awaitMessage('message 3')
  }

  const message2 = (message: Uint8Array, by: ShadowHandshake): void => {
    if (!readPeer(message, by)) return
    if (options.probe === true) {
      if (peer !== undefined) out.push({ type: 'probed', id: peer.id, recordBytes: peer.recordBytes })
      return over()
    }
    out.push({ type: 'write', bytes: framed(by.write(ownPayload(peer?.id, by))) })
    proven(by)
  }

  const whole = (bytes: Uint8Array): void => {
    if (reading === 'length') {
      const length = readU16(bytes, 0)
      if (length > maxHandshakeMessageBytes) {
        return fail(
          'MYDHT_BAD_MESSAGE',
          `${step} claims ${length} bytes, ${maxHandshakeMessageBytes} are allowed: this is not the protocol of MyDHT`
        )
      }
      if (length === 0 && step === 'message 1') return fail('MYDHT_BAD_MESSAGE', `${step} is empty`)
      reading = length === 0 && step === 'message 2' ? 'refusal' : 'body'
      input.want(reading === 'refusal' ? 1 : length)
      // Without a cipher and without identities, message 3 is empty indeed.
      return length === 0 && reading === 'body' ? whole(noBytes) : undefined
    }
    if (reading === 'refusal') {
      const said = readRefusal(bytes[0] ?? 0)
      return fail(said.code, said.detail)
    }
    if (crypt === undefined) return
    if (step === 'message 1') message1(bytes, crypt)
    else if (step === 'message 2') message2(bytes, crypt)
    else if (readPeer(bytes, crypt)) proven(crypt)
  }

  /** Takes the preamble byte by byte: what follows it is known only from what it says. Gives where it stopped. */
  const preamble = (chunk: Uint8Array, from: number): number => {
    let at = from
    while (at < chunk.length && step === 'preamble') {
      at = input.take(chunk.subarray(0, at + 1), at)
      consumed++
      const parsed = parsePreamble(input.soFar(), parts.facts)
      if (parsed.type === 'refused') fail(parsed.code, parsed.detail)
      else if (parsed.type === 'return') {
        out.push({ type: 'return-link', proof: parsed.proof, consumed })
        over()
      } else if (parsed.type === 'normal') {
        crypt = shadow.begin({ role: 'responder', prologue: input.soFar().slice(), random: parts.random })
        awaitMessage('message 1')
      }
    }
    return at
  }

  const handshake: Handshake = {
    get step() {
      return step
    },
    get proof() {
      return proof
    },
    start() {
      out = []
      if (step !== 'start') throw new TypeError('a handshake starts once')
      if (options.role === 'responder') {
        step = 'preamble'
        input.want(maxPreambleBytes)
        return out
      }
      const wrong = wrongOptions(options, identity.id, mode)
      if (wrong) {
        fail(wrong[0], wrong[1])
        return out
      }
      const prologue = encodePreamble(parts.facts)
      crypt = shadow.begin({ role: 'initiator', prologue, random: parts.random })
      const message = crypt.write(utf8Bytes(options.returnAddress ?? ''))
      if (options.returnAddress !== undefined) proof = returnProof(message)
      out.push({ type: 'write', bytes: concat([prologue, framed(message)]) })
      awaitMessage('message 2')
      return out
    },
    bytes(chunk) {
      out = []
      let at = 0
      while (at < chunk.length && step !== 'over' && step !== 'start') {
        if (step === 'preamble') at = preamble(chunk, at)
        else {
          const next = input.take(chunk, at)
          consumed += next - at
          at = next
          const bytes = input.whole()
          if (bytes) whole(bytes)
        }
      }
      return out
    },
    abort(code, detail) {
      out = []
      if (step !== 'over') fail(code, detail)
      return out
    },
  }
  return handshake
}

function framed(message: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(message.length >> 8, message.length), message])
}

function wrongOptions(
  options: HandshakeOptions,
  self: PeerId,
  mode: NodeMode
): readonly [ErrorCode, string] | undefined {
  if (options.expected === self) return ['MYDHT_SELF', 'the PeerId to connect to is our own']
  if (mode === 'private' && options.expected === undefined) {
    return [
      'MYDHT_BAD_ARGUMENT',
      'in mode private only known peers are dialled: write the address as tcp://<peerid>@host:port',
    ]
  }
  if (mode === 'anonymous' && (options.expected !== undefined || options.probe === true)) {
    return ['MYDHT_BAD_ARGUMENT', 'in mode anonymous nobody can prove a PeerId: dial the address without one']
  }
  const { returnAddress } = options
  const usable = returnAddress !== undefined && readReturnAddress(utf8Bytes(returnAddress)) === returnAddress
  if (options.duplex ? returnAddress !== undefined : !usable) {
    return ['MYDHT_BAD_ARGUMENT', 'a one-way link, and only that, needs a return address of ours, at most 255 bytes']
  }
  return undefined
}

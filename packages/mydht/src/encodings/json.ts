/**
 * @module encodings/json
 * Messages as JSON, for people who look at the wire. Slow and large; bodies are copied. Not here: the fields of each message (`json/`).
 */
import { utf8Text, writeAscii } from '../bytes.ts'
import { part } from '../part.ts'
import type { Decoded } from '../wire/decoded.ts'
import type { WireMessage } from '../wire/messages.ts'
import { encodingNumbers, messageNumbers } from '../wire/registry.ts'
import { base64urlLength } from './base64url.ts'
import type { Encoding, EncodingPart } from './encoding.ts'
import { wrong } from './json/fields.ts'
import { messageField } from './json/messages.ts'

/** JSON, for debugging: bytes as base64url, 64-bit numbers as 16 hexadecimal letters, PeerIds as their text. There is nothing to choose. */
export function json(): EncodingPart {
  return part(import.meta.url, 'createJson', {}, createJson)
}

/** Makes the encoding. Its text is ASCII. Objects must have exactly their fields; their order and white space are free. */
export function createJson(): Encoding {
  return { name: 'json', id: encodingNumbers.json, sizeBound, encode, decode }
}

// Keys, punctuation and numbers of the longest message, `query`: 330 characters. Rounded up.
const frameBytes = 384

function sizeBound(message: WireMessage): number {
  switch (message.type) {
    case 'ready':
      // A code may hold quotes and backslashes, which JSON doubles; a name may not.
      return frameBytes + 2 * message.code.length + message.apps.reduce((size, app) => size + app.length + 3, 0)
    case 'end':
      return frameBytes + 2 * message.code.length
    case 'stream-end':
      return frameBytes + message.app.length + 2 * message.code.length
    case 'ping':
    case 'pong':
    case 'credit':
    case 'cancel':
      return frameBytes
    case 'tell':
    case 'request':
    case 'response':
      return frameBytes + base64urlLength(message.body.length)
    case 'chunk':
      return frameBytes + base64urlLength(message.bytes.length)
    case 'query': {
      const asker = message.mode.type === 'direct' ? message.mode.asker.length : 0
      return (
        frameBytes +
        base64urlLength(asker) +
        peersSize(message.history.peers.length) +
        base64urlLength(message.body.length)
      )
    }
    case 'propagate':
      return frameBytes + peersSize(message.history.peers.length) + base64urlLength(message.body.length)
    case 'contacts':
      return message.records.reduce((size, record) => size + 3 + base64urlLength(record.length), frameBytes)
    case 'answer':
      // {"from":"…52…","hops":255,"body":"…"}, is 88 characters and the body.
      return message.answers.reduce((size, { body }) => size + 88 + base64urlLength(body.length), frameBytes)
  }
}

function peersSize(count: number): number {
  return 55 * count
}

function encode(message: WireMessage, target: Uint8Array, at: number): number {
  const plain = messageField.write(message)
  // What we would refuse we do not send.
  if (messageField.read(plain) === wrong)
    throw new TypeError(`this '${message.type}' breaks its own type: check its numbers, names and limits`)
  return writeAscii(target, at, JSON.stringify(plain))
}

function decode(bytes: Uint8Array): Decoded<WireMessage> {
  const flaw = scan(bytes)
  if (flaw !== undefined) return flaw
  let plain: unknown
  try {
    plain = JSON.parse(utf8Text(bytes) ?? '')
  } catch {
    return { ok: false, code: 'bad-text', at: 0 }
  }
  const value = messageField.read(plain)
  return value === wrong
    ? { ok: false, code: isKnown(plain) ? 'bad-value' : 'unknown-type', at: 0 }
    : { ok: true, value }
}

// Lists of objects inside the message are the deepest: message, list, object.
const maxDepth = 3
const quote = 0x22
const backslash = 0x5c

/** Looks at the text before anything is made of it: ASCII only, and no deeper than a message can be. */
function scan(
  bytes: Uint8Array
): { readonly ok: false; readonly code: 'bad-text' | 'too-deep'; readonly at: number } | undefined {
  let depth = 0
  let inText = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte > 0x7e) return { ok: false, code: 'bad-text', at: i }
    if (inText) {
      if (byte === backslash) i++
      else if (byte === quote) inText = false
    } else if (byte === quote) inText = true
    // [ and {, ] and }: the pairs differ in one bit only.
    else if ((byte | 0x20) === 0x7b) {
      if (++depth > maxDepth) return { ok: false, code: 'too-deep', at: i }
    } else if ((byte | 0x20) === 0x7d) depth--
  }
  return undefined
}

const knownTypes: ReadonlySet<string> = new Set(Object.keys(messageNumbers))

function isKnown(plain: unknown): boolean {
  return (
    typeof plain === 'object' &&
    plain !== null &&
    'type' in plain &&
    typeof plain.type === 'string' &&
    knownTypes.has(plain.type)
  )
}

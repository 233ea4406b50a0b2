/**
 * @module apps/scope
 * Whose a stored value is: a mark of the app and its network. What was kept for another network is not true in this one: whoever gave it out would be blamed. Not here: the values.
 */
import { crypto } from '#crypto'
import { readU32, utf8Bytes } from '../bytes.ts'

/** A mark of four bytes, as a number. It tells networks apart by accident, not against forgers: who can write the folder can write the mark. */
export function storeScope(app: string, network: string): number {
  const name = utf8Bytes(app)
  return readU32(
    crypto.blake2b(32, utf8Bytes('mydht/1 store'), Uint8Array.of(name.length & 255), name, utf8Bytes(network)),
    0
  )
}

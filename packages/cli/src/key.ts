/**
 * @module key
 * Where a command takes its identity from: the key files below ~/.mydht.
 */
import { homedir } from 'node:os'
import path from 'node:path'
import { systemRandom } from 'mydht'
import { createIdentity, readOrCreateKeyFile } from 'mydht/identity'
import type { PeerId } from 'mydht'

/** The key of `mydht node` and `mydht share`. */
export function defaultKeyFile(): string {
  return path.join(homedir(), '.mydht', 'key')
}

/**
 * The key of `mydht publish`. Another than the node's: two running nodes with one identity push each other out, and a node refuses itself,
 * so a publisher with the node's key could not even use that node.
 */
export function defaultPublisherKeyFile(): string {
  return path.join(homedir(), '.mydht', 'publisher-key')
}

/** The seed of a key file, which is made where there is none. Rejects with MYDHT_KEY_FILE. */
export function seedOf(file: string): Promise<Uint8Array> {
  return readOrCreateKeyFile(path.resolve(file), systemRandom)
}

/** The PeerId of a seed: the same on every network. */
export function idOf(seed: Uint8Array): PeerId {
  return createIdentity(seed, 'mydht').id
}

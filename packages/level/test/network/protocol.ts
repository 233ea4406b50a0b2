/**
 * @module test/network/protocol
 * What a test and the process of one node say to each other, over the channel that Node gives a parent and its child.
 */
import type { HolderCounts, Key } from 'mydht/apps/kv'
import type { NodeEvent, PeerId, QueryMode } from 'mydht'

/** The life of one node: who it is, where it keeps what it holds, where it listens and whom it is told of. */
export interface Life {
  /** Its identity: the same number, the same PeerId. */
  readonly seed: number
  readonly folder: string
  /** 0: a free one. */
  readonly port: number
  readonly join: readonly string[]
  /** How many are to hold each record. */
  readonly replicas: number
}

/** What the test asks a node. `kept` looks into its own store alone. */
export type Command =
  | { readonly type: 'put'; readonly value: Uint8Array }
  | {
      readonly type: 'publish'
      readonly name: string
      readonly value: Uint8Array
      readonly ifSequence: number | undefined
    }
  | { readonly type: 'get'; readonly key: Key; readonly mode: QueryMode; readonly local: boolean }
  | { readonly type: 'resolve'; readonly publisher: PeerId; readonly name: string; readonly results: number }
  | { readonly type: 'kept'; readonly key: Key }

/** A record: what every command is answered with, or `undefined` where there is none. `sequence` 0: it has none, or the command does not tell. */
export interface Answer {
  readonly key: Key
  readonly value: Uint8Array
  readonly sequence: number
  readonly holders: HolderCounts | undefined
}

/** From the test to a node. */
export interface Asked {
  readonly id: number
  readonly command: Command
}

/** From a node to the test. */
export type Said =
  | { readonly type: 'running'; readonly id: PeerId; readonly address: string }
  | { readonly type: 'event'; readonly event: NodeEvent }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer | undefined }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string }

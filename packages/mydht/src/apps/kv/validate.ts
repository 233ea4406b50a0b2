/**
 * @module apps/kv/validate
 * Whether a record is one that this node deals with at all: true under its key, within the network's rules, wanted by the program. Asked before
 * anything is kept, handed out or passed on. Not here: whether it is newer than what we have, or fits (`keep.ts`).
 */
import type { Clock } from '../../clock.ts'
import * as defaults from './defaults.ts'
import type { Key } from './key.ts'
import type { RecordRules } from './namespaces.ts'
import type { KvOptions } from './protocol.ts'
import { decodeCarried, isSignatureValid, keyOfRecord, type KvRecord } from './records.ts'

/** A record that is true, and when it dies here by our clock, in milliseconds since 1970. */
export interface ValidRecord {
  readonly key: Key
  readonly record: KvRecord
  /** Its canonical bytes. Of a stranger's record: a view of what came. */
  readonly bytes: Uint8Array
  readonly expiresAtMs: number
}

/** Checks records. */
export interface Validator {
  /** A carried record as a stranger sent it; undefined: refused. `key`: the only one that will do. Must stand hostile bytes. */
  carried(bytes: Uint8Array, key: Key | undefined): ValidRecord | undefined
  /**
   * The same without the program's own say. `false`: its sender is to blame. `unwelcome`: he is not, since it may be true elsewhere: it is dead by our clock, longer than we keep,
   * or of a kind that we do not.
   */
  proven(bytes: Uint8Array, key: Key | undefined): ValidRecord | 'false' | 'unwelcome'
  /** The same for an answer that was checked when it came: without its signature, which costs a hundred times the rest. */
  checked(bytes: Uint8Array, key: Key | undefined): ValidRecord | undefined
  /** Whether the program's own `validate` lets a record of ours be kept. */
  wanted(record: KvRecord, key: Key): boolean
  /** When a record that has `remainingMs` left dies here. */
  expiryOf(record: KvRecord, remainingMs: number): number
}

/** What a validator needs to know. */
export interface ValidatorInit {
  readonly app: string
  readonly network: string
  readonly clock: Clock
  readonly options: KvOptions
  readonly rules: RecordRules
}

/** Makes a validator. */
export function createValidator(init: ValidatorInit): Validator {
  const { app, network, clock, options } = init
  const maxValueBytes = options.maxValueBytes ?? defaults.maxValueBytes
  const maxTtlMs = options.maxTtlMs ?? defaults.maxTtlMs
  const wanted = (record: KvRecord, key: Key): boolean => init.rules.wanted(record, key)

  const expiryOf = (record: KvRecord, remainingMs: number): number => {
    const here = clock.now() + Math.min(remainingMs, maxTtlMs)
    return record.kind === 'mutable' ? Math.min(here, record.expiresAtMs) : here
  }

  /** All but the signature and the program's own say. */
  const judged = (bytes: Uint8Array, key: Key | undefined): ValidRecord | 'false' | 'unwelcome' => {
    const decoded = decodeCarried(bytes)
    if (!decoded.ok) return 'false'
    const { record, bytes: inner, remainingMs } = decoded.value
    if (record.value.length > maxValueBytes) return 'unwelcome'
    const now = clock.now()
    if (record.kind === 'open' && (options.open !== true || record.sequence > now + defaults.maxClockSkewMs))
      return 'unwelcome'
    const expiresAtMs = expiryOf(record, remainingMs)
    if (expiresAtMs <= now) return 'unwelcome'
    const its = keyOfRecord(record)
    if (key !== undefined && key !== its) return 'false'
    return { key: its, record, bytes: inner, expiresAtMs }
  }

  const proven = (bytes: Uint8Array, key: Key | undefined): ValidRecord | 'false' | 'unwelcome' => {
    const valid = judged(bytes, key)
    // What costs most comes last.
    return isValid(valid) && !isSignatureValid(valid.record, app, network) ? 'false' : valid
  }

  return {
    wanted,
    expiryOf,
    proven,
    checked(bytes, key) {
      const valid = judged(bytes, key)
      return isValid(valid) ? valid : undefined
    },
    carried(bytes, key) {
      const valid = proven(bytes, key)
      return isValid(valid) && wanted(valid.record, valid.key) ? valid : undefined
    },
  }
}

/** Whether a record is true, and one that this node deals with. */
export function isValid(judged: ValidRecord | 'false' | 'unwelcome'): judged is ValidRecord {
  return typeof judged === 'object'
}

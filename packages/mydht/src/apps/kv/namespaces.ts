/**
 * @module apps/kv/namespaces
 * The program's own rules for records: whether one may be kept at all, and which of two is the better, for all records or for those whose name begins with
 * a namespace and a stroke (`prices/…`). The same on every node of a network, or its nodes will not agree. Not here: what makes a record true (`validate.ts`).
 */
import type { Log } from '../../log.ts'
import { realise, type Part } from '../../part.ts'
import type { Key } from './key.ts'
import type { KvOptions } from './protocol.ts'
import { compareRecords, keyOfRecord, type KvRecord } from './records.ts'

/** The program's own say about a record that is true otherwise: whether it may be kept and handed out. Synchronous, bounded; a throw is a no. */
export type Validate = (record: KvRecord, key: Key) => boolean

/** Which of two true records of one key is the better: above 0 when `a` is, below 0 when `b` is, 0 when the usual order decides. Must be a total order; a throw is 0. */
export type Select = (a: KvRecord, b: KvRecord) => number

/** Rules of one namespace. */
export interface Namespace {
  /** @default the app's `validate` */
  readonly validate?: Validate | undefined
  /** @default the higher sequence */
  readonly select?: Select | undefined
}

/** The rules of all records. */
export interface RecordRules {
  readonly wanted: (record: KvRecord, key: Key) => boolean
  /** Which of two records of one key is the better, as `compareRecords`. */
  readonly compare: (a: KvRecord, b: KvRecord) => number
}

/** The namespace of a name: what stands before its first stroke; undefined: it has none. */
export function namespaceOf(name: string): string | undefined {
  const at = name.indexOf('/')
  return at < 0 ? undefined : name.slice(0, at)
}

/** Makes the rules real. Throws MYDHT_BAD_CONFIG for a part that is not loaded. */
export function createRecordRules(options: KvOptions, log: Log): RecordRules {
  const everywhere = options.validate && (isPart(options.validate) ? realise(options.validate) : options.validate)
  const spaces = new Map<string, Namespace>()
  for (const [name, one] of Object.entries(options.namespaces ?? {})) spaces.set(name, isPart(one) ? realise(one) : one)

  const spaceOf = (record: KvRecord): Namespace | undefined => {
    const name = record.kind === 'immutable' ? undefined : namespaceOf(record.name)
    return name === undefined ? undefined : spaces.get(name)
  }
  const asked = <T>(what: string, key: () => Key, otherwise: T, ask: () => T): T => {
    try {
      return ask()
    } catch (error) {
      log('warn', `kv-${what}-threw`, { key: key(), message: error instanceof Error ? error.message : String(error) })
      return otherwise
    }
  }

  return {
    wanted(record, key) {
      const validate = spaceOf(record)?.validate ?? everywhere
      if (!validate) return true
      return asked(
        'validate',
        () => key,
        false,
        () => validate(record, key)
      )
    },
    compare(a, b) {
      const select = spaceOf(a)?.select
      if (!select) return compareRecords(a, b)
      const order = asked(
        'select',
        () => keyOfRecord(a),
        0,
        () => select(a, b)
      )
      // NaN is no order either.
      return Math.abs(order) > 0 ? order : compareRecords(a, b)
    },
  }
}

function isPart<T extends object>(rule: T | Part<T>): rule is Part<T> {
  return typeof rule === 'object' && 'module' in rule && 'export' in rule
}

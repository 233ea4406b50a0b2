/**
 * @module encodings/json/fields
 * Values of messages as plain JSON values and back, checked on the way in. A reader that does not like what it gets gives `wrong`;
 * nothing throws, and nothing but the named fields of an object is ever looked at.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import { parsePeerId } from '../../identity/peer-id.ts'
import { base64urlDecode, base64urlEncode } from '../base64url.ts'

/** What a reader gives for a value that is not its own. A symbol, because `undefined` is a value of some fields. */
export const wrong: unique symbol = Symbol('wrong')

/** One kind of value: to JSON and back. */
export interface Field<T> {
  write(value: T): unknown
  read(json: unknown): T | typeof wrong
}

/** The fields of an object. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> }

/** Exactly this text. */
export function literal<const T extends string>(text: T): Field<T> {
  return { write: (value) => value, read: (json) => (json === text ? text : wrong) }
}

/** One of these texts. */
export function oneOf<const T extends string>(texts: readonly T[]): Field<T> {
  return { write: (value) => value, read: (json) => texts.find((text) => text === json) ?? wrong }
}

/** A text that passes `isGood`. */
export function text(isGood: (text: string) => boolean): Field<string> {
  return { write: (value) => value, read: (json) => (typeof json === 'string' && isGood(json) ? json : wrong) }
}

/** A whole number from `least` to `most`. Minus zero is none. */
export function whole(most: number, least = 0): Field<number> {
  const isGood = (json: unknown): json is number =>
    typeof json === 'number' && Number.isInteger(json) && json >= least && json <= most && !Object.is(json, -0)
  return { write: (value) => value, read: (json) => (isGood(json) ? json : wrong) }
}

/** True or false. */
export const flag: Field<boolean> = {
  write: (value) => value,
  read: (json) => (typeof json === 'boolean' ? json : wrong),
}

const hex64 = /^[0-9a-f]{16}$/

/** 64 bits as 16 hexadecimal letters, lower case. */
export const u64: Field<bigint> = {
  write: (value) => value.toString(16).padStart(16, '0'),
  read: (json) => (typeof json === 'string' && hex64.test(json) ? BigInt(`0x${json}`) : wrong),
}

/** Bytes as base64url, at most `most` of them. */
export function bytes(most: number): Field<Uint8Array> {
  return {
    write: base64urlEncode,
    read: (json) => {
      if (typeof json !== 'string') return wrong
      const value = base64urlDecode(json)
      return value !== undefined && value.length <= most ? value : wrong
    },
  }
}

/** A PeerId as its text. */
export const peerId: Field<PeerId> = {
  write: (value) => value,
  read: (json) => {
    if (typeof json !== 'string') return wrong
    const id = parsePeerId(json)
    return id === json ? id : wrong
  },
}

/** `null` for undefined. */
export function maybe<T>(field: Field<T>): Field<T | undefined> {
  return {
    write: (value) => (value === undefined ? null : field.write(value)),
    read: (json) => (json === null ? undefined : field.read(json)),
  }
}

/** A list of at most `most` values. */
export function list<T>(field: Field<T>, most: number): Field<readonly T[]> {
  return {
    write: (values) => values.map((value) => field.write(value)),
    read: (json) => {
      if (!Array.isArray(json) || json.length > most) return wrong
      const values: T[] = []
      for (const item of json) {
        const value = field.read(item)
        if (value === wrong) return wrong
        values.push(value)
      }
      return values
    },
  }
}

/** An object with these fields and no others. `isGood` looks at the fields together. */
export function object<T extends object>(fields: Fields<T>, isGood: (value: T) => boolean = () => true): Field<T> {
  const names = Object.keys(fields).filter((name): name is Extract<keyof T, string> => name in fields)
  return {
    write: (value) => Object.fromEntries(names.map((name) => [name, fields[name].write(value[name])])),
    read: (json) => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return wrong
      if (Object.keys(json).length !== names.length) return wrong
      const own = new Map<string, unknown>(Object.entries(json))
      const value: Partial<T> = {}
      for (const name of names) {
        // `Map.get` and not the object itself: a missing 'constructor' must not be found on a prototype.
        const field = own.has(name) ? fields[name].read(own.get(name)) : wrong
        if (field === wrong) return wrong
        value[name] = field
      }
      return isComplete(value) && isGood(value) ? value : wrong
    },
  }

  function isComplete(value: Partial<T>): value is T {
    return Object.keys(value).length === names.length
  }
}

/** One of several objects, told apart by their `type`. */
export function union<T extends { readonly type: string }>(fields: {
  readonly [K in T['type']]: Field<Extract<T, { type: K }>>
}): Field<T> {
  const byType = new Map<string, Field<T>>(Object.entries<Field<T>>(fields))
  return {
    write: (value) => {
      const field = byType.get(value.type)
      if (field === undefined) throw new TypeError(`a message has a known type, got '${value.type}'`)
      return field.write(value)
    },
    read: (json) => {
      if (typeof json !== 'object' || json === null || !('type' in json) || typeof json.type !== 'string') return wrong
      return byType.get(json.type)?.read(json) ?? wrong
    },
  }
}

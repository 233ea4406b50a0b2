/**
 * @module node/crossable
 * Types that walk a type and find what cannot cross to another thread: the compiler's half of the check of a placement. Not here: values (`bare-function.ts`),
 * and which types are walked for which service (`placement-types.ts`).
 */
import type { PeerRef } from '../identity/peer-ref.ts'

/** What is said of a field that cannot cross: `is a function: …`. `ref` is never where a `PeerRef` may cross. */
export interface Verdicts {
  readonly ref: string
  readonly fn: string
}

/**
 * The first place in `T` that cannot cross, with what is wrong there: `command 'message'.from is a local PeerRef: …`; never: all of it can. `At` names `T`.
 * First is the first by the alphabet, among the members of a union; among the fields of one object, it is any. `unknown` passes: who has no type for what it carries leaves it to the codec, at run time.
 * Symbol keys pass, since they do not cross. Eight levels deep, so that types that contain themselves end.
 */
export type CannotCross<T, V extends Verdicts, At extends string, Depth extends readonly unknown[] = Levels> =
  // `any` extends everything, so it would pass.
  0 extends 1 & T
    ? `${At} is any: give it a type`
    : Depth extends readonly [unknown, ...infer Below]
      ? First<OfMember<T, V, At, Below>>
      : never

type Levels = [unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown]

type Plain = string | number | bigint | boolean | null | undefined | Uint8Array

type Code = ((...args: never) => unknown) | (abstract new (...args: never) => unknown)

/** Of each member of a union `T`. */
type OfMember<T, V extends Verdicts, At extends string, Below extends readonly unknown[]> = T extends Plain
  ? never
  : T extends symbol
    ? `${At} is a symbol: give text or a number`
    : T extends Code
      ? `${At} ${V['fn']}`
      : T extends PeerRef
        ? // Any object with an `id` looks like a PeerRef; only the real one has its brand.
          keyof PeerRef extends keyof T
          ? `${At} ${V['ref']}`
          : OfFields<T, keyof T & string, V, Tagged<T, At>, Below>
        : T extends readonly (infer Item)[]
          ? CannotCross<Item, V, `${At}[]`, Below>
          : T extends ReadonlyMap<infer Key, infer Value>
            ? CannotCross<Key | Value, V, `${At}[]`, Below>
            : T extends ReadonlySet<infer Item>
              ? CannotCross<Item, V, `${At}[]`, Below>
              : OfFields<T, keyof T & string, V, Tagged<T, At>, Below>

/** `command` of type `message` reads `command 'message'`. */
type Tagged<T, At extends string> = T extends { readonly type: infer Name extends string } ? `${At} '${Name}'` : At

/** One field after the other, until one cannot cross: all of them together would be too much for types as rich as a socket's. */
type OfFields<T, Keys, V extends Verdicts, At extends string, Below extends readonly unknown[]> = [Keys] extends [never]
  ? never
  : AnyOf<Keys> extends infer Key extends keyof T & string
    ? CannotCross<T[Key], V, `${At}.${string extends Key ? '*' : Key}`, Below> extends infer Found
      ? [Found] extends [never]
        ? OfFields<T, Exclude<Keys, Key>, V, At, Below>
        : Found
      : never
    : never

/** One member of a union of texts; which one is the compiler's choice, and always the same: the last by the alphabet. */
type AnyOf<U> = (U extends unknown ? (member: () => U) => void : never) extends (member: infer All) => void
  ? All extends () => infer Member
    ? Member
    : never
  : never

/** The first by the alphabet. */
export type First<U> =
  AnyOf<U> extends infer Last ? ([Exclude<U, Last>] extends [never] ? Last : First<Exclude<U, Last>>) : never

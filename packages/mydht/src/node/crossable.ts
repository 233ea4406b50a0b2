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
 * A place in `T` that cannot cross, with what is wrong there: `command 'message'.from is a local PeerRef: …`; never: all of it can. `At` names `T`.
 * `unknown` passes: who has no type for what it carries leaves it to the codec, at run time.
 * Symbol keys pass, since they do not cross. A type inside itself is walked once; eight levels deep, for types that grow as they go down.
 */
export type CannotCross<
  T,
  V extends Verdicts,
  At extends string,
  Depth extends readonly unknown[] = Levels,
  Above = never,
> =
  // `any` extends everything, so it would pass.
  0 extends 1 & T
    ? `${At} is any: give it a type`
    : Depth extends readonly [unknown, ...infer Below]
      ? One<OfMember<T, V, At, Below, Above>>
      : never

type Levels = [unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown]

type Plain = string | number | bigint | boolean | null | undefined | Uint8Array

type Code = ((...args: never) => unknown) | (abstract new (...args: never) => unknown)

/** Of each member of a union `T`. */
type OfMember<T, V extends Verdicts, At extends string, Below extends readonly unknown[], Above> = T extends Plain
  ? never
  : T extends symbol
    ? `${At} is a symbol: give text or a number`
    : T extends Code
      ? `${At} ${V['fn']}`
      : T extends PeerRef
        ? // Any object with an `id` looks like a PeerRef; only the real one has its brand.
          keyof PeerRef extends keyof T
          ? `${At} ${V['ref']}`
          : OfObject<T, V, At, Below, Above>
        : T extends readonly (infer Item)[]
          ? CannotCross<Item, V, `${At}[]`, Below, Above>
          : T extends ReadonlyMap<infer Key, infer Value>
            ? CannotCross<Key | Value, V, `${At}[]`, Below, Above>
            : T extends ReadonlySet<infer Item>
              ? CannotCross<Item, V, `${At}[]`, Below, Above>
              : OfObject<T, V, At, Below, Above>

/** What is also above itself has its faults there. `command` of type `message` reads `command 'message'`. */
type OfObject<T, V extends Verdicts, At extends string, Below extends readonly unknown[], Above> =
  Exactly<T> extends Above
    ? never
    : OfFields<
        T,
        keyof T & string,
        V,
        T extends { readonly type: infer Name extends string } ? `${At} '${Name}'` : At,
        Below,
        Above | Exactly<T>
      >

/** Extends another only where both types are the same. */
interface Exactly<in out T> {
  readonly type: T
}

/** One field after the other, until one cannot cross: all of them together would be too much for types as rich as a socket's. */
type OfFields<T, Keys, V extends Verdicts, At extends string, Below extends readonly unknown[], Above> = [
  Keys,
] extends [never]
  ? never
  : AnyOf<Keys> extends infer Key extends keyof T & string
    ? CannotCross<T[Key], V, `${At}.${string extends Key ? '*' : Key}`, Below, Above> extends infer Found
      ? [Found] extends [never]
        ? OfFields<T, Exclude<Keys, Key>, V, At, Below, Above>
        : Found
      : never
    : never

/** One text of several, always the same: the one about a message, which is known to everybody, or else the last by the alphabet. */
export type One<U> = [Extract<U, AboutMessage>] extends [never] ? AnyOf<U> : AnyOf<Extract<U, AboutMessage>>

type AboutMessage = `${string} 'message'.${string}`

/** One member of a union; which one is the compiler's choice, and always the same. */
type AnyOf<U> = (U extends unknown ? (member: () => U) => void : never) extends (member: infer All) => void
  ? All extends () => infer Member
    ? Member
    : never
  : never

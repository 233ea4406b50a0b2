/**
 * @module node/placement-types
 * The placement as the compiler checks it: a line that cannot be becomes a type that says why. The same rules with the same words are checked again
 * at the start, for programs in JavaScript (`placement-check.ts`). Not here: the walk through a type (`crossable.ts`).
 */
import type { peersGlobal } from '../apps/peers/global.ts'
import type { authService } from '../peers/auth-service.ts'
import type { read } from '../peers/read-service.ts'
import type { write } from '../peers/write-service.ts'
import type { ServiceDefinition } from '../service/service.ts'
import type { Need, RefKind, Spawner } from '../service/spawner.ts'
import type { apiService } from './api-service.ts'
import type { CannotCross, One } from './crossable.ts'
import type { mainService } from './main-loop.ts'
import type { BlockingService, BlockingTransportPart, TransportPart } from '../transports/transport.ts'
import type { blocks, messageFunction, noService, notBlocking, optionFunction, Uncarried } from './placement-words.ts'

/** The definitions of the framework's own services. */
export interface BuiltinDefinitions {
  readonly main: typeof mainService
  readonly read: typeof read
  readonly write: typeof write
  readonly api: typeof apiService
  readonly auth: typeof authService
  readonly peerStore: typeof peersGlobal
}

/** The services that every node has. `listen` and `dial` exist only for blocking transports. */
export type BuiltinService = keyof BuiltinDefinitions | 'listen' | 'dial'

/** Every service of a node with these apps. An app has a local service only if it says so. */
export type ServiceName<Apps> =
  | BuiltinService
  | { [A in keyof Apps & string]: `${A}.${Parts<Apps[A]>}` }[keyof Apps & string]

type Parts<A> = A extends { readonly local?: infer Local }
  ? [Local] extends [undefined]
    ? 'global'
    : 'global' | 'local'
  : 'global'

/** Which spawner runs which service; what is left out runs `inline`. */
export type Placement<Apps> = { readonly [S in ServiceName<Apps>]?: Spawner<Need, RefKind> }

/**
 * A placement in which each line that cannot be is replaced by `{ placementError: "service 'kv.global': …" }`. `Kind` is the configuration's `peerRef`, `Transport` the type of its transport.
 * What was put together while the program runs (`Record<string, Spawner>`, a `Placement`) is checked at the start only.
 */
export type CheckedPlacement<Apps, P, Kind extends RefKind = 'copied', Transport = TransportPart> = {
  readonly [S in keyof P]: [Fault<S, Apps, P[S], Kind, Transport>] extends [never]
    ? P[S]
    : { readonly placementError: `service '${S & string}': ${One<Fault<S, Apps, P[S], Kind, Transport>> & string}` }
}

/** What is wrong with one line, for each spawner that it may be; never: nothing. */
type Fault<S, Apps, Line, Kind extends RefKind, Transport> = string extends S
  ? never
  : S extends ServiceName<Apps>
    ? Line extends Spawner<infer Needs, infer Carried, infer Where>
      ? AnySpawner<Needs, Where> extends true
        ? never
        : S extends BlockingService
          ? BlockingFault<S, Where, Transport, FaultOf<S, Apps, DefinitionOf<S, Apps>, Needs, Uncarried<Kind, Carried>>>
          : FaultOf<S, Apps, DefinitionOf<S, Apps>, Needs, Uncarried<Kind, Carried>>
      : never
    : typeof noService

/** A spawner of which only that is known. */
type AnySpawner<Needs, Where> = string extends Where ? (Need extends Needs ? true : false) : false

type BlockingFault<S, Where, Transport, Otherwise> = Transport extends BlockingTransportPart
  ? Where extends 'thread'
    ? never
    : typeof blocks
  : S extends keyof BuiltinDefinitions
    ? Otherwise
    : typeof notBlocking

type FaultOf<S, Apps, D, Needs extends Need, Ref extends string> = [Missing<D, Needs>] extends [never]
  ? 'crossing' extends Needs
    ? S extends 'main'
      ? StuckInApps<Apps>
      : StuckOptions<S, Apps> extends infer Stuck
        ? [Stuck] extends [never]
          ? StuckMessage<D, Ref>
          : Stuck
        : never
    : never
  : One<Missing<D, Needs>>

/** What a definition lacks for its spawner. */
type Missing<D, Needs> = Needs extends Need
  ? D extends { readonly [N in Needs]: object | true }
    ? never
    : `its definition lacks '${Needs}'`
  : never

type DefinitionOf<S, Apps> = S extends keyof BuiltinDefinitions
  ? BuiltinDefinitions[S]
  : S extends `${infer A}.${infer W}`
    ? A extends keyof Apps
      ? W extends keyof Apps[A]
        ? NonNullable<Apps[A][W]>
        : never
      : never
    : never

/** What an app was given, as its factory's result says: more exact than what its definition takes. */
type OptionsOf<S, Apps> = S extends `${infer A}.${string}`
  ? A extends keyof Apps
    ? Apps[A] extends { readonly options: infer Options }
      ? Options
      : never
    : never
  : never

type StuckOptions<S, Apps> = CannotCross<
  OptionsOf<S, Apps>,
  { readonly ref: never; readonly fn: typeof optionFunction },
  'options'
>

/** Where main runs elsewhere, the options of all apps go with it; everything else that it is made of is made of blueprints. */
type StuckInApps<Apps> = One<
  {
    [A in keyof Apps & string]: StuckOptions<`${A}.global`, Apps> extends infer Stuck extends string
      ? `apps.${A}.${Stuck}`
      : never
  }[keyof Apps & string]
>

type StuckMessage<D, Ref extends string> =
  D extends ServiceDefinition<infer Init, infer Command, infer Event, infer _Saved>
    ? CannotCross<InitOf<Init>, Messages<Ref>, 'init'> extends infer InInit
      ? [InInit] extends [never]
        ? CannotCross<Command, Messages<Ref>, 'command'> extends infer InCommand
          ? [InCommand] extends [never]
            ? CannotCross<Event, Messages<Ref>, 'event'>
            : InCommand
          : never
        : InInit
      : never
    : never

/**
 * Where a definition's init, commands or events name a peer: `command 'message'.from`; undefined: nowhere. At the start nobody can tell it from the definition itself.
 */
export type PeerPath<D> =
  StuckMessage<D, 'here'> extends infer Found
    ? [Found] extends [never]
      ? undefined
      : Found extends `${infer Path} here`
        ? Path
        : undefined
    : never

interface Messages<Ref extends string> {
  readonly ref: Ref
  readonly fn: typeof messageFunction
}

/** Options are looked at as they were given. */
type InitOf<Init> = Init extends { readonly options: unknown } ? Omit<Init, 'options'> : Init

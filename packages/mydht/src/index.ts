/**
 * @module mydht
 * The main entry: making nodes, and the contracts of what can be plugged into them. Implementations come from subpaths (`mydht/transports/tcp`, …).
 */
export { createNode } from './node/node.ts'
export type { ApiOf, CheckedConfig, Node, NodeCore, WaitOptions } from './node/node.ts'
export type { AnyApp, NodeConfig, NodeEvent } from './node/config.ts'
export { defaultLimits } from './node/limits.ts'
export type { NodeLimits } from './node/limits.ts'
export type { PeerInfo } from './node/context.ts'
export type { NodeServiceStats, NodeStats } from './node/node-calls.ts'
export type { LoopStats } from './node/loop-monitor.ts'
export type { LoopDelay, MemoryUse } from './node/machine/machine.ts'
export type { CheckedPlacement, Placement, ServiceName } from './node/placement-types.ts'

export { MyDhtError } from './errors.ts'
export type { ErrorCode } from './errors.ts'
export { systemClock } from './clock.ts'
export type { Clock, Timer } from './clock.ts'
export { seededRandom, systemRandom } from './random.ts'
export type { Random } from './random.ts'
export type { Log, LogLevel } from './log.ts'
export { load, part, realise } from './part.ts'
export type { Part } from './part.ts'

export type { PeerId } from './identity/peer-id.ts'
export type { PeerRef } from './identity/peer-ref.ts'
export type { App, AppCaller, AppCommand, AppEvent, AppInit } from './apps/app.ts'
export type { NodeMode } from './identity/mode.ts'
export type { AcceptHook, Candidate, Verdict } from './peers/accept.ts'
export type {
  BlockingTransportPart,
  IncomingLink,
  OutgoingLink,
  ReadStream,
  StreamEnd,
  Transport,
  TransportFactory,
  TransportPart,
  TransportParts,
  TransportSupports,
  WriteStream,
} from './transports/transport.ts'
export type {
  HandshakeSetup,
  Opener,
  Role,
  Sealer,
  Shadow,
  ShadowFactory,
  ShadowHandshake,
  ShadowPart,
  ShadowSetup,
} from './shadows/shadow.ts'
export type { Encoding, EncodingPart } from './encodings/encoding.ts'
export type { Route, RouteFactory, RoutePart, RouteParts, RouteRequest } from './routes/route.ts'
export type { Store, StoredRecord, StoreFactory, StoreOutcome, StorePart, StoreParts } from './stores/store.ts'
export type { QueryMode } from './queries/query.ts'
export type { Rules } from './queries/rules.ts'
export type { AppMessage, WireMessage } from './wire/messages.ts'
export type { DecodeCode, Decoded } from './wire/decoded.ts'

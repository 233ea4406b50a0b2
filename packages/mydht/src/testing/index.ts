/**
 * @module mydht/testing
 * What `mydht/testing` offers: to those who write a part of their own one conformance suite per plug-in point, a clock that a test moves, and
 * probes for streams; to those who test a program a running network in one line (`testnet`) and simulated worlds (`simulation`). A suite
 * takes your runner's `test`; it brings none.
 */
export { cryptoSuite } from './crypto-suite.ts'
export type { CryptoSuite, CryptoVectors } from './crypto-suite.ts'
export { encodingSuite } from './encoding-suite.ts'
export type { EncodingSuiteOptions } from './encoding-suite.ts'
export { routeSuite } from './route-suite.ts'
export type { RouteSuiteOptions } from './route-suite.ts'
export { shadowSuite } from './shadow-suite.ts'
export type { ShadowSuite } from './shadow-suite.ts'
export { spawnerSuite } from './spawner-suite.ts'
export type { SpawnerSuiteOptions, SpawnerSupports, SuiteBounds, SuiteWorld } from './spawner-suite-tools.ts'
export { storeSuite } from './store-suite.ts'
export type { StoreSuiteOptions } from './store-suite.ts'
export { testnet } from './testnet.ts'
export type { Testnet, TestnetLinks, TestnetOptions, TestnetShape } from './testnet.ts'
export { transportSuite } from './transport-suite.ts'
export type { SuiteTest, TransportFixture, TransportSuiteOptions } from './transport-suite.ts'

export { virtualClock } from './virtual-clock.ts'
export type { VirtualClock, VirtualClockOptions } from './virtual-clock.ts'
export { createSimulation, simulation, SimulationError } from './sim/simulation.ts'
export type { SimNodeConfig, Simulation, SimulationOptions } from './sim/simulation.ts'
export type { SimHost, SimHostOptions, SimNetwork, SimNetworkOptions, SimNetworkStats } from './sim/network.ts'
export { draw } from './sim/distribution.ts'
export type { Distribution } from './sim/distribution.ts'
export { messageTypes, sampleMessage, sampleMessages } from './sample-messages.ts'
export type { SampleOptions } from './sample-messages.ts'
export { gatedDestination, probe } from './spawner-probe.ts'
export type { GatedDestination, ProbeCommand, ProbeEvent, ProbeSaved } from './spawner-probe.ts'
export { closed as writeClosed, listenOn, pour, probeRead, send as writeAndWait } from './transport-probe.ts'
export type { Listening, ReadProbe } from './transport-probe.ts'
export { memoryNetwork } from '../transports/memory-network.ts'
export type { MemoryNetwork, MemoryNetworkOptions } from '../transports/memory-network.ts'

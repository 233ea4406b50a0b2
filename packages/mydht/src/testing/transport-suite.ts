/**
 * @module testing/transport-suite
 * What every transport must do, as tests for a runner that is passed in. Not here: what only one transport does (ports, latency).
 * Cases marked "original" are those of the Rust library's tests (cheme/mydht 2018: local transport connect_rw, tcp-loop mpsc, connect_2, rw).
 */
import type { Transport, TransportSupports } from '../transports/transport.ts'
import { endCases } from './transport-suite-ends.ts'
import { exchangeCases } from './transport-suite-exchange.ts'
import { flowCases } from './transport-suite-flow.ts'
import { lifeCases } from './transport-suite-life.ts'

/** Transports that can reach each other, fresh for one test. */
export interface TransportFixture {
  /** Makes one that has not listened yet. The suite closes it. */
  make(): Transport
  /** A well-formed address where nobody listens. */
  nobody(): string | Promise<string>
  /** Addresses that are not of this transport. */
  readonly badAddresses: readonly string[]
}

/** A test runner's way to say a test: `test` of `node:test` fits. */
export type SuiteTest = (name: string, options: { readonly skip?: string }, run: () => Promise<void>) => unknown

/** What the suite needs. */
export interface TransportSuiteOptions {
  readonly test: SuiteTest
  /** Begins the name of each test. */
  readonly name: string
  /** Makes a fresh fixture for each test. */
  readonly create: () => TransportFixture | Promise<TransportFixture>
  /** What the transport claims: compared with what it says itself, and decides which cases run. */
  readonly supports: TransportSupports
  /** Cases not to run, by their exact name, and why. */
  readonly skip?: readonly { readonly name: string; readonly reason: string }[] | undefined
}

/** One case: what to check, with transports that are closed afterwards. */
export interface TransportCase {
  readonly name: string
  /** Only for links where both ends read and write. */
  readonly duplexOnly?: true
  run(fixture: TransportFixture, supports: TransportSupports): Promise<void>
}

/**
 * Registers the conformance tests of a transport.
 *
 * @example
 * transportSuite({ test, name: 'tcp', supports: { duplex: true, blocking: false }, create: () => ({ make, nobody, badAddresses }) })
 */
export function transportSuite({ test, name, create, supports, skip = [] }: TransportSuiteOptions): void {
  for (const each of [...exchangeCases, ...endCases, ...flowCases, ...lifeCases]) {
    const reason =
      skip.find((one) => one.name === each.name)?.reason ??
      (each.duplexOnly && !supports.duplex ? 'links are one-way' : undefined)
    test(`${name}: ${each.name}`, reason === undefined ? {} : { skip: reason }, async () => {
      const fixture = await create()
      const made: Transport[] = []
      try {
        await each.run(
          {
            ...fixture,
            make: () => {
              const transport = fixture.make()
              made.push(transport)
              return transport
            },
          },
          supports
        )
      } finally {
        await Promise.all(made.map((transport) => transport.close()))
      }
    })
  }
}

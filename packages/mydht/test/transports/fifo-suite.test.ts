/** @module The conformance suite on the fifo transport. What else it does: `fifo.test.ts`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { silent } from '../../src/log.ts'
import { systemRandom } from '../../src/random.ts'
import { transportSuite } from '../../src/testing/transport-suite.ts'
import { createFifo } from '../../src/transports/fifo.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'mydht-fifo-'))
after(() => rmSync(directory, { recursive: true, force: true }))

transportSuite({
  test,
  name: 'fifo',
  supports: { duplex: false, blocking: true },
  create: () => ({
    // 200 links at once is one of the cases.
    make: () =>
      createFifo({ directory, maxConnections: 256 })({ clock: systemClock, random: systemRandom, log: silent }),
    nobody: () => 'fifo://nobody',
    badAddresses: [
      'fifo://UPPER',
      'fifo://a/b',
      'fifo://a:1',
      `fifo://${'x'.repeat(65)}`,
      'fifo:a',
      'fifo://..',
      'fifo://1',
      'fifo://a.bell',
    ],
  }),
})

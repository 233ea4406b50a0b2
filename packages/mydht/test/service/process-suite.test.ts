import { process } from '../../src/service/spawners/process.ts'
import { spawnerSuite } from '../../src/testing/spawner-suite.ts'
import { closing, realWorld, watched } from './elsewhere.ts'

spawnerSuite({
  test: closing,
  create: watched((bounds) => process(bounds)),
  supports: { atOnce: false, async: true, suspends: false, remote: true },
  open: realWorld,
})

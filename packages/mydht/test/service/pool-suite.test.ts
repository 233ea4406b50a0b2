import { pool } from '../../src/service/spawners/pool.ts'
import { spawnerSuite } from '../../src/testing/spawner-suite.ts'
import { closing, realWorld, watched } from './elsewhere.ts'

spawnerSuite({
  test: closing,
  create: watched((bounds) => pool(2, bounds)),
  supports: { atOnce: false, async: true, suspends: false, remote: true },
  open: realWorld,
})

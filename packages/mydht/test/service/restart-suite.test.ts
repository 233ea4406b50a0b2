import { test } from 'node:test'
import { restart } from '../../src/service/spawners/restart.ts'
import { spawnerSuite } from '../../src/testing/spawner-suite.ts'
import { world } from './world.ts'

spawnerSuite({
  test,
  create: (bounds) => restart(bounds),
  supports: { atOnce: false, async: false, suspends: true },
  open: world,
})

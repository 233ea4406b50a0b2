import { test } from 'node:test'
import { inline } from '../../src/service/spawners/inline.ts'
import { spawnerSuite } from '../../src/testing/spawner-suite.ts'
import { world } from './world.ts'

spawnerSuite({
  test,
  create: (bounds) => inline(bounds),
  supports: { atOnce: true, async: false, suspends: false },
  open: world,
})

import { test } from 'node:test'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { spawnerSuite } from '../../src/testing/spawner-suite.ts'
import { world } from './world.ts'

spawnerSuite({
  test,
  create: (bounds) => coroutine(bounds),
  supports: { atOnce: false, async: true, suspends: false },
  open: world,
})

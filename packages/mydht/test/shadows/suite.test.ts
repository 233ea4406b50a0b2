import { test } from 'node:test'
import { createNoise } from '../../src/shadows/noise.ts'
import { createNone } from '../../src/shadows/none.ts'
import { createSecret } from '../../src/shadows/secret.ts'
import { shadowSuite } from '../../src/testing/shadow-suite.ts'

shadowSuite({ test, name: 'none', create: () => createNone() })
shadowSuite({ test, name: 'noise', create: (options) => createNoise(options) })
shadowSuite({
  test,
  name: 'secret',
  create: (options) => createSecret({ ...options, key: new Uint8Array(32).fill(5) }),
})

/** @module test/level: the conformance suite over the store on disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { realise } from 'mydht'
import { storeSuite } from 'mydht/testing'
import { level } from 'mydht-level'

const folder = await mkdtemp(path.join(tmpdir(), 'mydht-level-'))
after(() => rm(folder, { recursive: true, force: true }))
let count = 0

storeSuite({
  test,
  name: 'level',
  create: (clock, bounds) => realise(level({ folder, namespace: `suite-${++count}`, ...bounds }))({ clock }),
  reopen: (clock, bounds) => realise(level({ folder, namespace: `suite-${count}`, ...bounds }))({ clock }),
})

/**
 * `node scripts/placement-table.mjs`: has the compiler judge every kind of reference over every channel of every spawner, and writes what it says into
 * docs/PLACEMENT.md. A test compares (examples/test/placement-table.test.ts). Not here: the table itself (examples/test/placement-table.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureReady, fail, say } from './ensure.mjs'
import { root } from './workspace.mjs'

ensureReady()
const { placementOutcomes, placementTable } = await import(
  pathToFileURL(path.join(root, 'examples/dist/test/placement-table.js')).href
)
const file = path.join(root, 'docs/PLACEMENT.md')
const before = readFileSync(file, 'utf8')
const place = /(<!-- table.*? -->\n)[\s\S]*?(\n<!-- end of table -->)/
if (!place.test(before)) fail('docs/PLACEMENT.md has no place for the table: <!-- table … -->, <!-- end of table -->')
const table = placementTable(await placementOutcomes())
const after = before.replace(place, (_, open, end) => `${open}\n${table}\n${end}`)
if (after === before) say('docs/PLACEMENT.md is up to date')
else writeFileSync(file, after)

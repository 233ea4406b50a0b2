/**
 * `node scripts/placement-tables.mjs`: has the compiler judge every kind of reference over every channel of every spawner, and every service with every spawner, and
 * writes what it says into docs/PLACEMENT.md. A test compares (examples/test/placement-tables.test.ts). Not here: the tables themselves (examples/test/).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureReady, fail, say } from './ensure.mjs'
import { root } from './workspace.mjs'

ensureReady()
const compiled = (name) => import(pathToFileURL(path.join(root, 'examples/dist/test', name)).href)
const { placementOutcomes, placementTable } = await compiled('placement-table.js')
const { serviceOutcomes, serviceTable } = await compiled('placement-services.js')
const file = path.join(root, 'docs/PLACEMENT.md')
const before = readFileSync(file, 'utf8')
const tables = {
  references: placementTable(await placementOutcomes()),
  services: serviceTable(await serviceOutcomes()),
}
const after = Object.entries(tables).reduce(written, before)
if (after === before) say('docs/PLACEMENT.md is up to date')
else writeFileSync(file, after)

function written(page, [name, table]) {
  const place = new RegExp(`(<!-- table of ${name}:.*? -->\n)[\\s\\S]*?(\n<!-- end of table -->)`)
  if (!place.test(page))
    fail(`docs/PLACEMENT.md has no place for a table: <!-- table of ${name}: … -->, <!-- end of table -->`)
  return page.replace(place, (_, open, end) => `${open}\n${table}\n${end}`)
}

/**
 * `npm start`: from a fresh clone to a running demo network. Installs and builds what is missing, then is the command `mydht demo`
 * in this same process, so signals and the exit code are the demo's own. Arguments after `--` go to the demo.
 */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureReady } from './ensure.mjs'
import { root } from './workspace.mjs'

ensureReady()

const command = path.join(root, 'packages/cli/bin/mydht.js')
process.argv = [process.execPath, command, 'demo', ...process.argv.slice(2)]
await import(pathToFileURL(command).href)

/** `npm run format`: writes every file in the one format of the project (.oxfmtrc.json). `npm run format -- PATH` only those. */
import { ensureInstalled } from './ensure.mjs'
import { runTool } from './tool.mjs'

ensureInstalled()
process.exitCode = runTool('oxfmt', 'oxfmt', process.argv.slice(2)) ? 0 : 1

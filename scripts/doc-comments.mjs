/**
 * Finds exported declarations in packages/*\/src that have no doc comment right above them. Works on the text, line by line: our
 * formatter puts every top-level declaration at the start of a line. Re-exports (`export … from`) are documented where they come from.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { filesBelow, root, workspaceFolders } from './workspace.mjs'

const declaration =
  /^(export )?(?:default )?(?:declare )?(?:async |abstract )?(?:function\*?|class|const|let|interface|type|enum|namespace) (\w+)/
const exportList = /^export (?:type )?\{([^}]*)\}(?!\s*from)/gm

/** One line for each export without a doc comment: file, line and name. */
export function undocumentedExports() {
  return workspaceFolders()
    .filter((folder) => folder.startsWith('packages/'))
    .flatMap((folder) => filesBelow(`${folder}/src`, (file) => /\.tsx?$/.test(file)))
    .flatMap((file) => undocumentedIn(file, readFileSync(path.join(root, file), 'utf8')))
}

function undocumentedIn(file, text) {
  const lines = text.split('\n')
  const listed = listedNames(text)
  const documented = new Set()
  const problems = []
  for (const [index, line] of lines.entries()) {
    const found = declaration.exec(line)
    if (found === null) continue
    const name = found[2]
    if (found[1] === undefined && !listed.has(name)) continue
    if (hasDocComment(lines, index)) documented.add(name)
    else if (!documented.has(name)) problems.push(`${file}:${index + 1} exports ${name} without a doc comment`)
  }
  return problems
}

/** Names exported by a list at the end of the file. */
function listedNames(text) {
  const items = [...text.matchAll(exportList)].flatMap((match) => match[1].split(','))
  return new Set(
    items.map(
      (item) =>
        item
          .trim()
          .replace(/^type /, '')
          .split(' ')[0]
    )
  )
}

/** Whether the line above ends a comment that begins with two stars. One comment may serve all overloads of a function. */
function hasDocComment(lines, index) {
  let at = index - 1
  if (at < 0 || !lines[at].trimEnd().endsWith('*/')) return false
  while (at >= 0 && !lines[at].trimStart().startsWith('/*')) at -= 1
  return (
    at >= 0 &&
    lines[at].trimStart().startsWith('/**') &&
    !lines.slice(at, index).some((line) => line.includes('@module'))
  )
}

/**
 * @module test/placement-walk
 * The walk of docs/PLACEMENT.md as data: each step's whole configuration, what the page says that it changed, and what the page says of errors.
 * Not here: whether that is true (placement-walk.test.ts).
 */
import { readFileSync } from 'node:fs'

/** One step of the walk. Line breaks at the ends of all texts are gone. */
export interface Step {
  /** `a`, `b`, … */
  readonly letter: string
  readonly config: string
  /** Lines that went (`-`) and came (`+`), as the page shows them; undefined in the first step. */
  readonly diff: string | undefined
  /** What the compiler says, as the page shows it; undefined where it says nothing. */
  readonly errors: string | undefined
}

// From examples/dist/test/ to the root of the repository.
const page = readFileSync(new URL('../../../docs/PLACEMENT.md', import.meta.url), 'utf8')

/** All steps, in the page's order. */
export function stepsOf(): readonly Step[] {
  const sections = page.split(/^### /m).slice(1)
  return sections.flatMap((section) => {
    const letter = /^\((\w)\) /.exec(section)?.[1]
    const config = block(section, 'ts')
    if (letter === undefined || config === undefined) return []
    return [{ letter, config, diff: block(section, 'diff'), errors: block(section, 'text') }]
  })
}

/** The program that all runnable steps are run with. */
export function programOfWalk(): string {
  const program = block(page.split(/^### /m)[0] ?? '', 'ts')
  if (program === undefined) throw new Error('docs/PLACEMENT.md has no program before its first step')
  return program
}

/** The app of its own that the page shows; it runs as it stands, with `program`. */
export function ownApp(): string {
  const app = block(page.split(/^## What is checked$/m)[1] ?? '', 'ts')
  if (app === undefined) throw new Error('docs/PLACEMENT.md shows no app of its own')
  return app
}

function block(section: string, language: string): string | undefined {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(section)?.[1]
}

/** The lines that differ, as `diff` shows them without context: of several shortest ways it takes the one that removes first. */
export function differenceOf(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  // common[i][j]: how many lines old[i…] and now[j…] have in common, in order.
  const common = Array.from({ length: old.length + 1 }, () => Array.from({ length: now.length + 1 }, () => 0))
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      common[i]?.splice(j, 1, old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1)))
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      i++
      j++
    } else if (i < old.length && (j === now.length || at(i + 1, j) >= at(i, j + 1))) lines.push(`-${old[i++]}`)
    else lines.push(`+${now[j++]}`)
  }
  return lines.join('\n')
}

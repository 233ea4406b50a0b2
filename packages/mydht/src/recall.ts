/**
 * @module recall
 * Functions of a text that remember what they gave: for texts that come again and again, such as hosts and addresses of peers. Not here: what is
 * worth it (a function that costs more than a microsecond and keeps nothing of its own).
 */

/** Longer texts are not remembered: nobody's long text is to fill the memory. */
const longestText = 255

/**
 * The same function, which remembers its last `most` results or more, never more than twice as many. What it gives must not be changed: the
 * next caller gets it too. Results that are undefined are not remembered.
 */
export function recalling<V>(most: number, make: (text: string) => V | undefined): (text: string) => V | undefined {
  // Two generations instead of an order of use: a hit costs one look-up and changes nothing.
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  return (text) => {
    const known = young.get(text)
    if (known !== undefined) return known
    const value = old.get(text) ?? make(text)
    if (value === undefined || text.length > longestText) return value
    young.set(text, value)
    if (young.size >= most) {
      old = young
      young = new Map()
    }
    return value
  }
}

/**
 * What `JSON.parse` says nothing of: a member that an object has twice, and how deep it goes. Of two members it
 * takes the last; another reader takes the first, and the two of them have read different claims (RFC 7515 §4, RFC 8725
 * §2.4).
 *
 * For texts that `JSON.parse` has read: what is no JSON is not noticed here.
 */

/** The first name that is there twice in one object, however deep; `undefined` where none is. */
export function repeatedMember(json: string): string | undefined {
  /** The names of each object around the place; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = []
  for (const match of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs)) {
    const [token, colon] = match
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (colon !== undefined) {
      const name = String(JSON.parse(token.slice(0, -colon.length)))
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}

/** How deep objects and arrays are in each other. Writing out what is thousands deep ends with no stack left. */
export function depthOf(json: string): number {
  let [depth, deepest] = [0, 0]
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth)
    else if (token === '}' || token === ']') depth--
  }
  return deepest
}

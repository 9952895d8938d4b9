/** What strangers send: texts that mean something to some parser, and forms that are nearly good. */
import fc from 'fast-check'

/** Ends every context of HTML that we have, and would show. */
export const mark = `"'><img/src=x onerror=mark()>&mark;`
const nasty = [
  ...[
    mark,
    '<script>mark()</script>',
    'javascript:mark()',
    '\r\nx-mark: yes',
    '\nset-cookie: mark=1',
    '\u0000',
    '\u2028',
  ],
  ...[
    '%',
    '%zz',
    '%00',
    '%0d%0ax-mark:%20yes',
    '%ff%fe',
    '\ud800',
    '\udfff\ud800',
    '\ufeff',
    '\u202e',
    '🜁',
    'é',
    'ﷺ'.repeat(40),
  ],
  ...[
    '',
    ' ',
    '  ',
    '\t',
    '+',
    '&',
    '=',
    ';',
    '[]',
    '{}',
    'null',
    'undefined',
    'NaN',
    '-1',
    '1e999',
    '0x10',
    '9'.repeat(400),
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'x'.repeat(3000),
    '../../etc/passwd',
    '$' + '{7*7}',
    '{{7*7}}',
  ],
  ...[
    '{"__proto__":{"x":1}}',
    '['.repeat(2000),
    '{"a":'.repeat(2000),
    '{"id_token":{"acr":{"values":[1]}}}',
    '"\\ud800"',
  ],
  ...['eyJhbGciOiJub25lIn0.e30.', 'a.b.c', 'urn:ietf:params:oauth:request_uri:x', 'https://evil.example/mark'],
]
export const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...nasty) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 9 })).map(([a, b]) => a + b),
  },
)
export const safely = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
export const json = fc.oneof(
  text,
  fc.json({ maxDepth: 3 }),
  fc
    .record({ id_token: fc.anything({ maxDepth: 3 }), userinfo: fc.anything({ maxDepth: 2 }) })
    .map((claims) => safely(claims)),
)

/** A good form, of which some fields are others, twice, or left out, and some are nobody's. */
export function formOf(good: Record<string, string>, names: readonly string[]): fc.Arbitrary<[string, string][]> {
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...Object.keys(good), ...names) },
    { weight: 1, arbitrary: text },
  )
  const change = fc.tuple(
    name,
    fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: json }),
    fc.constantFrom('set', 'add', 'drop'),
  )
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    const fields = new Map<string, string[]>(Object.entries(good).map(([its, value]) => [its, [value]]))
    for (const [its, value, how] of changes) {
      if (how === 'drop') fields.delete(its)
      else fields.set(its, how === 'set' ? [value] : [...(fields.get(its) ?? []), value])
    }
    return [...fields].flatMap(([its, values]) => values.map((value): [string, string] => [its, value]))
  })
}

/** As a form has it, or with nothing but what a line must not have encoded: as raw as a gateway lets through. */
export const written = fc.tuple(fc.boolean(), fc.boolean())
export const queryOf = (fields: readonly [string, string][], [raw]: readonly [boolean, boolean]): string => {
  const pairs = fields.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()])
  if (!raw) return new URLSearchParams(pairs).toString()
  return pairs
    .map((pair) => pair.join('='))
    .join('&')
    .replace(/[^!-~]/gu, (letter) => encodeURIComponent(letter))
}

/** What a gateway takes for a header. */
export const headerText = (value: string): string => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')

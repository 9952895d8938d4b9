/** Addresses that are nearly one that is registered: each is the same to some parser, person or proxy, and none as text. */

type Change = (uri: string, parts: URL) => string | string[]

const escaped = (letter: string): string => `%${letter.charCodeAt(0).toString(16)}`
const swapCase = (text: string): string => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase())

/** Letters that look like those of ASCII: Cyrillic, Greek, full width, a ligature, combining marks. */
const lookalikes: Record<string, string> = {
  a: 'а',
  c: 'с',
  e: 'е',
  i: 'і',
  l: 'ⅼ',
  m: 'ｍ',
  o: 'ο',
  p: 'р',
  x: 'х',
  k: 'ĸ',
}

const changes: Record<string, Change> = {
  case: (uri, { protocol, host, pathname }) => [
    uri.replace(protocol, swapCase(protocol)),
    uri.replace(protocol, protocol.charAt(0).toUpperCase() + protocol.slice(1)),
    ...(host === ''
      ? []
      : [uri.replace(host, swapCase(host)), uri.replace(host, host.charAt(0).toUpperCase() + host.slice(1))]),
    uri.replace(pathname, swapCase(pathname)),
    swapCase(uri),
  ],
  scheme: (uri, { protocol }) =>
    [
      'http:',
      'https:',
      'httpss:',
      'ftp:',
      'file:',
      'javascript:',
      'data:',
      'view-source:https:',
      ':',
      '',
      'https::',
    ].map((scheme) => uri.replace(protocol, scheme)),
  ends: (uri) =>
    [
      ...[
        '/',
        '//',
        '/.',
        '/..',
        '/../',
        '/./',
        '?',
        '??',
        '#',
        '#x',
        '?#',
        '?x=1',
        '&x=1',
        '&',
        ';',
        ';x=1',
        ':',
        '.',
        ',',
      ],
      ...[
        '%',
        '%20',
        '%00',
        '%0a',
        '%0d%0a',
        '%23',
        '%2f',
        '%3f',
        '%2e%2e%2f',
        '%c0%af',
        '%e2%80%8b',
        '\\',
        '\\..',
        '@',
        '*',
      ],
      ...[
        ' ',
        '\t',
        '\n',
        '\r',
        '\r\n',
        '\u0000',
        '\u00a0',
        '\u200b',
        '\ufeff',
        '\u202e',
        '\u0301',
        '"',
        "'",
        '<',
        '>',
        '|',
      ],
    ].map((end) => uri + end),
  beginnings: (uri) =>
    [
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\u0000',
      '\ufeff',
      '\u200b',
      '/',
      '//',
      '\\',
      '@',
      'x',
      'url:',
      '<',
      '"',
      '%20',
      '\u202e',
    ].map((begin) => begin + uri),
  slashes: (uri, { pathname }) => [
    uri.replace('://', ':/'),
    uri.replace('://', ':///'),
    uri.replace('://', ':\\\\'),
    uri.replace('://', ':'),
    uri.replace('://', '%3a//'),
    uri.replace(pathname, pathname.replaceAll('/', '\\')),
    uri.replace(pathname, `/${pathname}`),
    uri.replace(pathname, pathname.replaceAll('/', '%2f')),
    uri.replace(pathname, pathname.replaceAll('/', '%5c')),
    uri.replace(pathname, pathname.slice(0, -1)),
  ],
  dots: (uri, { pathname }) =>
    ['/.', '/./', '/x/..', '/..', '/%2e', '/%2e%2e', '/x/%2e%2e', '/.%2e', '/x/../..', '/;/..'].map((dots) =>
      uri.replace(pathname, dots.replace(/\/$/, '') + pathname),
    ),
  letters: (uri, { pathname }) => {
    const from = uri.lastIndexOf(pathname)
    return [...pathname].flatMap((letter, at) => {
      if (!/[a-z]/i.test(letter)) return []
      const put = (other: string) => uri.slice(0, from + at) + other + uri.slice(from + at + 1)
      return [
        put(escaped(letter)),
        put(escaped(letter).toUpperCase()),
        put(escaped(escaped(letter).charAt(0)) + escaped(letter).slice(1)),
      ]
    })
  },
  host: (uri, { host, hostname }) =>
    host === ''
      ? []
      : [
          ...[
            `${hostname}.`,
            `${hostname}..`,
            `.${hostname}`,
            `x.${hostname}`,
            `x${hostname}`,
            `${hostname}.evil.example`,
            `evil.example/${hostname}`,
          ],
          ...[
            `evil.example?${hostname}`,
            `evil.example#${hostname}`,
            `evil.example\\${hostname}`,
            `${hostname}%2eevil.example`,
            `${hostname}%00.evil.example`,
          ],
          ...[
            `www.${hostname}`,
            `${hostname}\u3002evil.example`,
            hostname.replace('.', '\u3002'),
            hostname.replace('.', '%2e'),
            `[${hostname}]`,
            '',
          ],
          ...[
            `evil.example`,
            `${hostname},evil.example`,
            `${hostname} evil.example`,
            `${hostname}\tx`,
            `${hostname}\u00ad`,
            `127.0.0.1`,
            `2130706433`,
            `0x7f.1`,
            `localhost`,
            `[::1]`,
          ],
        ].map((other) => uri.replace(host, other)),
  userinfo: (uri, { host }) =>
    host === ''
      ? []
      : [
          'user',
          'user:word',
          ':',
          '',
          'user:word@x',
          '%40',
          'evil.example',
          'evil.example\\',
          'evil.example#',
          'evil.example%23',
          'evil.example/',
        ]
          .map((user) => uri.replace(host, `${user}@${host}`))
          .concat(
            uri.replace(host, `${host}@evil.example`),
            uri.replace(host, `${host}:443@evil.example`),
            uri.replace(host, `${host}%40evil.example`),
          ),
  port: (uri, { hostname, host }) =>
    host === ''
      ? []
      : [
          ':',
          ':443',
          ':80',
          ':0443',
          ':444',
          ':8443',
          ':8081',
          ':0',
          ':65536',
          ':-1',
          ':x',
          ':443:443',
          '%3a443',
          ':４４３',
        ].map((port) => uri.replace(host, hostname + port)),
  lookalikes: (uri) =>
    Object.entries(lookalikes).flatMap(([letter, other]) => [
      uri.replace(letter, other),
      uri.replace(new RegExp(`${letter}(?!.*${letter})`), other),
    ]),
  query: (uri, { search }) => [
    ...[`${uri}${search === '' ? '?' : '&'}code=x`, `${uri}${search === '' ? '?' : '&'}state=x`, `${uri}?`, `${uri}??`],
    ...(search === ''
      ? []
      : [
          uri.replace(search, ''),
          uri.replace(search, '?'),
          uri.replace(search, `?${search.slice(1).split('&').reverse().join('&')}`),
          uri.replace(search, `${search}${search.replace('?', '&')}`),
          uri.replace('&', '&amp;'),
          uri.replace('&', ';'),
          uri.replace('=', '%3d'),
          uri.replace('%2F', '/'),
          uri.replace('%2F', '%2f'),
          uri.replace('+', '%20'),
        ]),
  ],
  'path parameters': (uri, { pathname }) =>
    [';x', ';jsessionid=1', ';/', '/;', ':x', '!', '$', '~', '%7e'].map((more) =>
      uri.replace(pathname, pathname + more),
    ),
  cut: (uri) => [
    uri.slice(0, -1),
    uri.slice(0, -2),
    uri.slice(1),
    uri.slice(0, uri.length / 2),
    '',
    '/',
    '//',
    '.',
    'null',
    'undefined',
    '*',
  ],
  doubled: (uri) => [
    uri + uri,
    `${uri},${uri}`,
    `${uri} ${uri}`,
    `${uri}\n${uri}`,
    encodeURIComponent(uri),
    `${encodeURI(uri)}%`,
    `[${uri}]`,
    `{"0":"${uri}"}`,
  ],
}

/** All that differ from each of these. */
export function nearMisses(registered: readonly string[]): string[] {
  const made = registered.flatMap((uri) => Object.values(changes).flatMap((change) => change(uri, new URL(uri))))
  return [...new Set(made)].filter((uri) => !registered.includes(uri))
}

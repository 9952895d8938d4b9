/**
 * A mail as a mail program shows it, in a frame that runs no script and can go nowhere.
 *
 * The policy of this page lets nobody turn a text into HTML, nor take a style from one (`trusted-types 'none'`,
 * `style-src 'self'`), so the mail is read here, element by element, and its styles are set by CSSOM. That reads what our
 * own mails are made of and nothing else: what it does not know it leaves out, and shows less rather than more.
 */
import { useEffect, useRef } from 'preact/hooks'

export type Look = 'light' | 'dark'

type MailFrameProps = { html: string; title: string; look: Look }

export function MailFrame({ html, title, look }: MailFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null)
  useEffect(() => {
    const shown = frame.current?.contentDocument
    if (shown) fill(shown, html, look)
  }, [html, look])
  return <iframe ref={frame} class="mail-frame" title={title} sandbox="allow-same-origin" />
}

const containers = new Set([
  'p',
  'table',
  'tbody',
  'tr',
  'td',
  'a',
  'strong',
  'em',
  'span',
  'div',
  'ul',
  'ol',
  'li',
  'h1',
  'h2',
])
const attributes = new Set(['class', 'role', 'width', 'align', 'cellpadding', 'cellspacing', 'border', 'lang'])

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#x27': "'",
  nbsp: '\u00a0',
}
const readText = (text: string): string =>
  text.replaceAll(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole)

/** Whatever the browser itself prefers: what is for the dark is for all, or for none. */
const asSeen = (css: string, look: Look): string =>
  css.replaceAll('@media (prefers-color-scheme: dark)', look === 'dark' ? '@media all' : '@media not all')

function fill(shown: Document, html: string, look: Look): void {
  const [, bodyAttributes = '', body = ''] = /<body([^>]*)>([\s\S]*)<\/body>/.exec(html) ?? []
  shown.documentElement.lang = /<html lang="(\w+)">/.exec(html)?.[1] ?? 'en'
  shown.documentElement.style.colorScheme = look
  shown.title = readText(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? '')
  describe(shown.body, bodyAttributes)
  shown.body.replaceChildren(...read(shown, body))
  const Sheet = shown.defaultView?.CSSStyleSheet
  if (Sheet === undefined) return
  shown.adoptedStyleSheets = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, css = '']) => {
    const sheet = new Sheet()
    sheet.replaceSync(asSeen(css, look))
    return sheet
  })
}

/** The nodes of a text that is well-formed, as ours are. */
function read(shown: Document, text: string): Node[] {
  const root = shown.createDocumentFragment()
  let place: ParentNode & Node = root
  for (const [, closing, name = '', its = '', plain] of text.matchAll(/<(\/?)(\w+)([^>]*)>|([^<]+)/g)) {
    if (plain !== undefined) place.append(readText(plain))
    else if (name === 'br' || name === 'hr') place.append(shown.createElement(name))
    else if (!containers.has(name)) continue
    else if (closing === '/') place = (place.parentNode as (ParentNode & Node) | null) ?? root
    else {
      const element = shown.createElement(name)
      describe(element, its)
      place.append(element)
      place = element
    }
  }
  return [...root.childNodes]
}

/** No address is among them: a link in a preview leads nowhere. */
function describe(element: HTMLElement, text: string): void {
  for (const [, name = '', value = ''] of text.matchAll(/([\w-]+)="([^"]*)"/g)) {
    if (name === 'style') element.style.cssText = readText(value)
    else if (attributes.has(name)) element.setAttribute(name, readText(value))
  }
}

/**
 * The page that the examples share: escaping, one stylesheet, the landmarks and the headers that go with them.
 *
 * Nothing reaches a page but through `html`, which escapes whatever is not markup already. The stylesheet is named in
 * the policy by its hash, so that no other style and, unless a page says so, no script can run.
 */
import { createHash } from 'node:crypto'

/** Markup that is safe to put into a page as it is. */
export type Html = { markup: string }

type Part = string | number | Html | readonly Part[] | undefined

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '')

function render(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'markup' in part ? part.markup : part.map(render).join('')
}

/** A template whose values are escaped, unless they were made by `html` themselves. */
export const html = (texts: TemplateStringsArray, ...parts: Part[]): Html => ({
  markup: texts.map((text, at) => text + render(parts[at])).join(''),
})

export type Page = {
  title: string
  /** The name above the page: of the application, not of the page. */
  brand: string
  main: Html
  /** Address of the one script of the page, on its own origin. */
  script?: string
  /** Where forms may lead besides here; a browser checks redirects that follow a form against it, too. */
  formsTo?: readonly string[]
}

const style = `
:root { color-scheme: light dark;
  --paper: light-dark(#f4f5f7, #14161a); --card: light-dark(#fff, #1d2026); --ink: light-dark(#1b1e24, #eceef2);
  --soft: light-dark(#565d69, #a9b0bd); --line: light-dark(#d4d8df, #3a404b); --edge: light-dark(#7b8290, #7f8794);
  --act: light-dark(#1f4fc4, #9db8ff); --on-act: light-dark(#fff, #10182c);
  --bad: light-dark(#a3161f, #ff9b9b); --bad-paper: light-dark(#fdeeee, #33191b); --good: light-dark(#146336, #7fd6a3) }
* { box-sizing: border-box }
html { scroll-padding-block: 6rem 1rem }
.said { position: sticky; top: 0; z-index: 1 }
.said .card { box-shadow: 0 .3rem 1rem rgb(0 0 0 / .15) }
[hidden] { display: none !important }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere }
header, main { max-width: 46rem; margin-inline: auto; padding-inline: 1rem }
header { padding-block: 1.25rem .25rem; font-weight: 650; color: var(--soft) }
main { padding-block: .5rem 3rem }
h1 { font-size: clamp(1.5rem, 6vw, 2rem); line-height: 1.2; margin: .5rem 0 1rem; letter-spacing: -.015em }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .75rem }
h3 { font-size: 1.05rem; margin: 0 0 .25rem }
p { margin: 0 0 .9rem }
section, .card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem;
  margin-block: 1rem }
section .card { margin-block: .75rem; border-radius: .5rem }
section > :last-child, .card > :last-child { margin-bottom: 0 }
.card > .actions + .actions { margin-top: .75rem }
.soft { color: var(--soft) }
.bad { background: var(--bad-paper); border-color: var(--bad) }
.bad h2 { color: var(--bad) }
.state { display: inline-block; border: 1px solid var(--edge); border-radius: 1rem; padding: 0 .6rem; font-size: .875rem }
.state.active { color: var(--good); border-color: currentColor }
.state.locked { color: var(--bad); border-color: currentColor }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end }
.actions form { display: contents }
.asks { display: flex; flex-wrap: wrap; gap: .35rem 1.1rem; list-style: none; margin: 0; padding: 0 }
nav { margin: 1.5rem 1.1rem }
label, legend { font-weight: 600 }
label { display: block }
.choice { font-weight: 400; display: flex; gap: .6rem; align-items: baseline; padding-block: .2rem; min-height: 1.75rem }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; padding: .5rem .9rem .7rem; min-width: 0 }
.field { margin-bottom: 1rem; flex: 1 1 12rem; min-width: 0 }
.actions .field { margin-bottom: 0 }
input:not([type=radio]) { width: 100%; font: inherit; color: inherit; background: var(--paper); margin-top: .25rem;
  border: 1px solid var(--edge); border-radius: .45rem; padding: .5rem .7rem; min-height: 2.75rem }
input[type=radio] { accent-color: var(--act); flex: none }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.1rem; border-radius: .45rem;
  border: 1px solid var(--act); background: var(--act); color: var(--on-act); cursor: pointer }
button.quiet { background: transparent; color: var(--act) }
button.danger { background: transparent; color: var(--bad); border-color: var(--bad) }
button:hover { filter: brightness(1.1) }
button:disabled { opacity: .55; cursor: progress }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
a { color: var(--act) }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .3rem 1rem; margin: 0 0 1rem }
dt { color: var(--soft) }
dd { margin: 0; min-width: 0 }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; margin: 0 0 .9rem;
  font-size: .85rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere }
code { font-size: .9em }
dialog { max-width: min(28rem, 92vw); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem;
  background: var(--card); color: inherit }
dialog::backdrop { background: rgb(0 0 0 / .5) }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@media (max-width: 26rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
`

const styleHash = createHash('sha256').update(style).digest('base64')

const head = (page: Page): Html => html`<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="icon" href="data:,">
<style>${{ markup: style }}</style>
${page.script === undefined ? undefined : html`<script type="module" src="${page.script}"></script>`}`

export const pageText = (page: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
${head(page)}
</head>
<body>
<header>${page.brand}</header>
<main>${page.main}</main>
</body>
</html>`.markup

export const pageHeaders = (page: Page): Record<string, string> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    'img-src data:',
    `form-action ${["'self'", ...(page.formsTo ?? [])].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(page.script === undefined
      ? []
      : ["script-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"]),
  ].join('; '),
})

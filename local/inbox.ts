/**
 * The inbox as a page: every mail's words to read, a code on a line of its own large, and the HTML part in a frame that
 * can neither run nor load anything.
 *
 * The list renews itself when a mail arrives, by a script: a page that reloads on a timer takes people away from what
 * they read. Without script, reloading shows the same.
 */
import { createHash } from 'node:crypto'
import { type Html, html } from '../examples/page.ts'
import type { Mail } from './mailbox.ts'

export type PageAnswer = { headers: Record<string, string>; body: string }

const style = `
:root { color-scheme: light dark; --paper: light-dark(#f4f5f7, #14161a); --card: light-dark(#fff, #1d2026);
  --ink: light-dark(#1b1e24, #eceef2); --soft: light-dark(#565d69, #a9b0bd); --line: light-dark(#d4d8df, #3a404b);
  --act: light-dark(#1f4fc4, #9db8ff) }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere }
header, main { max-width: 46rem; margin-inline: auto; padding: 1rem }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between }
h1 { font-size: 1.6rem; margin: 0 }
h2 { font-size: 1.2rem; margin: 0 0 .25rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem;
  margin-bottom: 1rem }
.soft { color: var(--soft); margin: 0 }
.letter { white-space: pre-wrap; margin: .75rem 0 }
.code { font: 700 1.9rem/1.3 ui-monospace, monospace; letter-spacing: .12em; user-select: all }
summary { color: var(--act); cursor: pointer; min-height: 1.75rem }
iframe { width: 100%; height: 30rem; border: 1px solid var(--line); border-radius: .5rem; background: #fff }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.1rem; border-radius: .45rem;
  border: 1px solid var(--act); background: transparent; color: var(--act); cursor: pointer }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
`

const script = `
const newest = document.querySelector('article')?.id ?? ''
const list = '/mails.json?wait=25&after='
const ask = async () => {
  try {
    const mails = await (await fetch(list + encodeURIComponent(newest))).json()
    if (mails.length > 0) {
      // Who is reading the HTML of a mail is told, and not taken away from it.
      if (document.querySelector('details[open]') === null) return location.reload()
      document.querySelector('[role=status]').textContent = 'A new mail came: reload to see it.'
      return
    }
  } catch { await new Promise((done) => setTimeout(done, 2000)) }
  ask()
}
ask()
`

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** A code as a mail has it: nothing else on its line. */
const isCode = (line: string) => /^[0-9A-Z][0-9A-Z -]{2,14}[0-9A-Z]$/.test(line.trim()) && /\d/.test(line)

const letter = (text: string): Html[] =>
  text
    .split(/\r?\n/)
    .map((line) => (isCode(line) ? html`<strong class="code">${line.trim()}</strong>${'\n'}` : html`${line}${'\n'}`))

const article = (mail: Mail): Html => html`<article id="${mail.id}" aria-labelledby="subject-${mail.id}">
<h2 id="subject-${mail.id}">${mail.subject}</h2>
<p class="soft">To ${mail.to}${mail.cc === undefined ? '' : `, copy to ${mail.cc}`}, from ${mail.from},
<time datetime="${mail.date}">${new Date(mail.date).toLocaleString('en-GB')}</time></p>
${mail.text === '' ? undefined : html`<div class="letter">${letter(mail.text)}</div>`}
${mail.html === '' ? undefined : html`<details><summary>As HTML</summary><iframe sandbox loading="lazy" title="HTML of “${mail.subject}”" src="/mails/${mail.id}.html"></iframe></details>`}
</article>`

export function inboxPage(mails: Mail[]): PageAnswer {
  const count = mails.length === 1 ? '1 mail' : `${mails.length} mails`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox: ${count}</title>
<link rel="icon" href="data:,">
<style>${{ markup: style }}</style>
</head>
<body>
<header><h1>Inbox</h1><form method="post" action="/empty"><button>Empty</button></form></header>
<main>
<p class="soft" role="status">${count === '0 mails' ? 'No mail yet. What this laptop sends will appear here.' : `${count}, newest first.`}</p>
${mails.map(article)}
</main>
<script>${{ markup: script }}</script>
</body>
</html>`
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    "frame-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy.join('; ') },
    body: page.markup,
  }
}

/** The HTML part as its reader's mail program might show it: styles, and nothing that runs or reaches out. */
export const mailPage = (mail: Mail): PageAnswer => ({
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
  },
  body: mail.html,
})

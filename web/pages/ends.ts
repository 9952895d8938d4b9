/** The pages at which nothing is asked any more, or not yet: over, failed, signed out, home. */
import { attributes, type Html, html, type Part } from '../html.ts'
import type { Words } from '../words.ts'
import { button, continueButton, form, hidden, type Page, type ViewOf, ways } from './parts.ts'

const page = (title: string, lead: string, rest: Part = '', failed = false): Page => ({
  title,
  failed,
  body: html`<h1>${title}</h1>
<p>${lead}</p>
${rest}`,
})

const details = (rows: [id: string, name: string, value: string][]): Html =>
  html`<dl class="details">${rows.map(([id, name, value]) => html`<div><dt>${name}</dt><dd id="${id}">${value}</dd></div>`)}</dl>`

const link = (id: string, href: string, label: string): Html =>
  html`<a${attributes({ id, class: 'button primary', href })}>${label}</a>`

/** An address that runs script is no way back, whoever registered it. */
const isWebAddress = (address: string): boolean => /^https?:\/\//i.test(address)

export const loginOver = (view: ViewOf<'login-over'>, words: Words): Page => {
  const { title, lead } = words.pages['login-over'][view.reason]
  const back =
    view.returnTo !== undefined &&
    isWebAddress(view.returnTo) &&
    html`<p>${link('back', view.returnTo, words.backToApplication)}</p>`
  return page(title, lead, back, view.reason !== 'done' && view.reason !== 'given-up')
}

export const badRequest = (view: ViewOf<'bad-request'>, words: Words): Page =>
  page(
    words.pages['bad-request'].title,
    words.pages['bad-request'].lead,
    html`<p class="description" id="description" lang="en">${view.description}</p>
${details([
  ['error', words.errorCode, view.error],
  ['request-id', words.requestId, view.requestId],
])}`,
    true,
  )

export const formPost = ({ action, fields }: ViewOf<'form-post'>, words: Words): Page => ({
  ...page(
    words.pages['form-post'].title,
    words.pages['form-post'].lead,
    form(
      'form-post',
      action,
      html`${Object.entries(fields).map(([name, value]) => hidden(name, value))}${continueButton(words)}`,
    ),
  ),
  posts: true,
})

export const failure = (view: ViewOf<'failure'>, words: Words): Page =>
  page(
    words.pages.failure.title,
    words.pages.failure.lead,
    details([['request-id', words.requestId, view.requestId]]),
    true,
  )

export const logOut = (view: ViewOf<'log-out'>, words: Words): Page =>
  page(
    words.pages['log-out'].title,
    words.pages['log-out'].lead,
    html`${form(
      'log-out-form',
      '/logout',
      html`${Object.entries(view.fields).map(([name, value]) => hidden(name, value))}${button('sign-out', words.signOut, 'primary', { name: 'confirmed', value: 'yes' })}
${ways(button('sign-out-everywhere', words.pages['log-out'].everywhere, 'secondary', { name: 'confirmed', value: 'everywhere' }))}`,
    )}
<p class="hint">${words.pages['log-out'].whatEverywhere}</p>
<p class="hint">${words.pages['log-out'].otherwise}</p>`,
  )

export const loggedOut = ({ everywhere = false }: ViewOf<'logged-out'>, words: Words): Page => {
  const said = words.pages['logged-out']
  const { title, lead } = everywhere ? said.everywhere : said
  return page(title, lead)
}

export const home = (view: ViewOf<'home'>, words: Words): Page => {
  const { title, lead, portal, forAdministrators, console, forDevelopers, discovery, api } = words.pages.home
  return page(
    title,
    lead(view.serviceName),
    html`<p><a class="button primary" href="/portal">${portal}</a></p>
<h2>${forAdministrators}</h2>
<p class="links"><a href="/console">${console}</a></p>
<h2>${forDevelopers}</h2>
<p class="links"><a href="${`${view.issuer}/.well-known/openid-configuration`}">${discovery}</a>
<a href="/docs/api">${api}</a></p>`,
  )
}

/** The page on which a person allows an application what it asks for, or does not. */
import { attributes, type Html, html, type Part } from '../html.ts'
import type { Allowance } from '../view.ts'
import type { Words } from '../words.ts'
import { button, form, hasFailed, hidden, noticeOf, type Page, person, type ViewOf, way, ways } from './parts.ts'

export const consent = (view: ViewOf<'consent'>, words: Words): Page => {
  const { title, own, thirdParty, asks, before, after } = words.pages.consent
  const action = `${view.base}/consent`
  return {
    title: title(view.application),
    failed: hasFailed(view),
    body: html`<h1>${title(view.application)}</h1>
${person(view, words)}
${noticeOf(view, words, 'focused')}
<p>${(view.thirdParty ? thirdParty : own)(view.application)} <strong id="host">${view.host}</strong></p>
${links(view.links, words)}
<h2>${asks(view.application)}</h2>
${list('asked', view.asked, words)}
${view.asked.scopes.includes(lasting) && html`<div class="notice info" id="offline"><p>${words.consent.offline}</p></div>`}
${!isEmpty(view.before) && html`<h2>${before}</h2>${list('before', view.before, words)}`}
${form(
  'consent-form',
  action,
  html`${hidden('shown', view.shown)}${hidden('answer', 'allow')}${button('allow', words.allow, 'primary')}`,
)}
${ways(way('deny', action, words.doNotAllow, 'secondary', { shown: view.shown, answer: 'deny' }))}
<p class="after">${after(view.application)}</p>`,
  }
}

/** In a window of their own: whoever reads them comes back to the same page. */
const links = (addresses: ViewOf<'consent'>['links'], words: Words): Part => {
  const known = (['home', 'policy', 'terms'] as const).flatMap((name) => {
    const href = addresses[name]
    return href === undefined || !/^https?:\/\//i.test(href) ? [] : [{ name, href }]
  })
  return (
    known.length > 0 &&
    html`<p class="links">${known.map(
      ({ name, href }) =>
        html`<a${attributes({ id: `link-${name}`, href, target: '_blank', rel: 'noopener noreferrer' })}>${words.consent.links[name]}</a> `,
    )}</p>`
  )
}

const isEmpty = ({ scopes, claims, resources }: Allowance): boolean =>
  scopes.length + claims.length + resources.length === 0

const lasting = 'offline_access'

const list = (id: string, allowance: Allowance, words: Words): Html =>
  html`<ul${attributes({ id, class: 'allowance' })}>${linesOf(allowance, words).map((line) => html`<li>${line}</li>`)}</ul>`

/** Offline access is about all the others, and comes last; where it is new it has a sentence of its own besides. */
function linesOf({ scopes, claims, resources }: Allowance, { consent: said }: Words): string[] {
  const scopeLine = (scope: string) => (Object.hasOwn(said.scopes, scope) ? said.scopes[scope] : said.otherScope(scope))
  const names = claims.flatMap((name) => (Object.hasOwn(said.claims, name) ? [said.claims[name] ?? name] : [name]))
  return [
    ...scopes.filter((scope) => scope !== lasting).map((scope) => scopeLine(scope) ?? scope),
    ...(names.length > 0 ? [said.know(names)] : []),
    ...resources.map(said.resource),
    ...(scopes.includes(lasting) ? [scopeLine(lasting) ?? lasting] : []),
  ]
}

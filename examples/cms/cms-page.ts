/**
 * The CMS's one page. What is known of a person is put into it by `cms-browser.ts`, as text and never as markup.
 */
import { html, type Page } from '../page.ts'

const choice = (name: string, value: string, label: string, usual: boolean) =>
  html`<label class="choice"><input type="radio" name="${name}" value="${value}"${usual ? { markup: ' checked' } : ''}> <span>${label}</span></label>`

export const cmsPage = ({ issuer, tenantCode }: { issuer: string; tenantCode: string }): Page => ({
  title: 'Demo CMS – security keys',
  brand: 'Demo CMS · for operators',
  script: '/cms.js',
  main: html`<h1>Security keys</h1>
<p class="soft">Enrols keys for people and exports them into <code>${issuer}</code>, tenant <code>${tenantCode}</code>.
A key is pending there until its user activates it.</p>
<noscript><p>This page speaks to security keys, which needs JavaScript.</p></noscript>
<div class="said"><div id="status" role="status" aria-live="polite"></div>
<div id="error" role="alert"></div></div>

<section aria-labelledby="lookup-title">
<h2 id="lookup-title">Whose keys?</h2>
<form id="lookup"><div class="actions">
<div class="field"><label for="userName">Username</label>
<input id="userName" name="userName" required maxlength="256" autocomplete="off" autocapitalize="none" spellcheck="false"></div>
<button>Look up</button></div></form>
</section>

<div id="person" hidden>
<section aria-labelledby="person-title">
<h2 id="person-title" tabindex="-1"></h2>
<p class="soft" id="person-about"></p>
<div id="authenticators"></div>
</section>

<section aria-labelledby="enrol-title">
<h2 id="enrol-title">Enrol a key</h2>
<form id="enrol">
<div class="actions">
<div class="field"><label for="friendlyName">Name of the key</label>
<input id="friendlyName" name="friendlyName" maxlength="64" autocomplete="off"></div>
<div class="field"><label for="serialNumber">Serial number</label>
<input id="serialNumber" name="serialNumber" maxlength="128" autocomplete="off"></div>
</div>
<p class="soft">Both may stay empty.</p>
<fieldset><legend>Which kind of key</legend>
${choice('kind', 'cross-platform', 'Security key', true)}
${choice('kind', 'platform', 'This device (a passkey)', false)}
${choice('kind', 'virtual', 'Make a virtual key', false)}
</fieldset>
<fieldset id="export"><legend>How to export it</legend>
${choice('export', 'attested', 'Attested: the key says what it is, and the service verifies that', true)}
${choice('export', 'raw', 'Raw: this CMS vouches for the key', false)}
</fieldset>
<p class="soft" id="virtual-about" hidden>The CMS makes a key pair and exports it raw. You get the private half once, for a browser’s virtual authenticator.</p>
<div class="actions"><button id="enrol-button">Enrol and export</button></div>
</form>
<div id="offer-raw" class="card" hidden><h3>No attestation</h3><p id="offer-raw-about"></p>
<div class="actions"><button type="button" id="export-raw">Export it raw</button></div></div>
</section>

<section id="virtual" aria-labelledby="virtual-title" hidden>
<h2 id="virtual-title" tabindex="-1">The virtual key</h2>
<p>This is the only copy of its private key. The JSON is what the DevTools command
<code>WebAuthn.addCredential</code> takes as <code>credential</code>; binary members are base64.</p>
<pre id="virtual-key" tabindex="0" aria-label="The virtual key as JSON"></pre>
</section>
</div>

<section aria-labelledby="heard-title">
<h2 id="heard-title">What the service told us</h2>
<p class="soft" id="heard-none">Nothing yet. When a key is activated, suspended, locked or deleted there, it is said here by itself.</p>
<ul id="heard" aria-live="polite"></ul>
</section>

<dialog id="revoke" aria-labelledby="revoke-title">
<form method="dialog">
<h2 id="revoke-title">Revoke this key?</h2>
<p id="revoke-about"></p>
<div class="actions"><button class="danger" value="revoke">Revoke this key</button>
<button class="quiet" value="keep" autofocus>Keep it</button></div>
</form>
</dialog>`,
})

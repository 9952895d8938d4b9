/**
 * A sign-in as an application asks for it: an authorization request of its own making, to its registered address, opened in
 * a new tab; and beside it what would happen, without asking anybody.
 *
 * The request is what the application itself could send, so the provider decides by the same rules. Its PKCE verifier is
 * thrown away as soon as the challenge is made (RFC 7636 §4.2): whoever gets the code can do nothing with it, and no
 * application can be signed in by this page (RFC 9700 §4.7).
 */
import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from 'oauth4webapi'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Explanation } from '../../../src/step-up-explain.ts'
import { api, type Refused } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Form, SelectField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { place } from '../../app/place.ts'
import { Copy } from '../../app/small.tsx'
import { useLoaded } from '../../app/states.tsx'
import { Answer } from '../flows/explain.tsx'
import { words } from '../words/clients.ts'
import type { Registration } from './registration.ts'

type Asked = { redirectUri: string; acr: string; prompt: string; maxAge: string }

const textsIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Once for each look at the page: a verifier that is nowhere, and a state that says whose request this is. */
function useUnredeemable(): { challenge: string; state: string } | undefined {
  const [made, setMade] = useState<{ challenge: string; state: string }>()
  useEffect(() => {
    calculatePKCECodeChallenge(generateRandomCodeVerifier()).then((challenge) =>
      setMade({ challenge, state: `console-try-it.${generateRandomState()}` }),
    )
  }, [])
  return made
}

function addressOf(
  client: Registration,
  asked: Asked,
  { challenge, state }: { challenge: string; state: string },
): string {
  const address = new URL(`${place.issuer}/authorize`)
  // Without offline_access, which is for an application that keeps what it is given.
  const scopes = String(client.scope ?? '')
    .split(' ')
    .filter((scope) => scope !== 'offline_access')
  const parameters: Record<string, string> = {
    client_id: String(client.client_id),
    redirect_uri: asked.redirectUri,
    response_type: 'code',
    scope: scopes.join(' ') || 'openid',
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(asked.acr === '' ? {} : { acr_values: asked.acr }),
    ...(asked.prompt === '' ? {} : { prompt: asked.prompt }),
    ...(/^\d+$/.test(asked.maxAge) ? { max_age: asked.maxAge } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value)
  return address.href
}

export function TryIt({ client }: { client: Registration }) {
  const said = useWords(words)
  const [first = '', ...others] = textsIn(client.redirect_uris)
  const [asked, setAsked] = useState<Asked>({ redirectUri: first, acr: '', prompt: '', maxAge: '' })
  const isPushed =
    client.require_pushed_authorization_requests === true || client.require_signed_request_object === true
  const signsIn = textsIn(client.grant_types).includes('authorization_code') && first !== ''
  if (!signsIn) return <Frame lead={said.tryNone} />
  if (client.enabled === false) return <Frame lead={said.tryDisabled} />
  const current = [first, ...others].includes(asked.redirectUri) ? asked : { ...asked, redirectUri: first }
  return (
    <Frame lead={isPushed ? said.tryPushed : said.tryLead}>
      <Asking client={client} asked={current} set={setAsked} />
      {!isPushed && <Opening client={client} asked={current} />}
      <WhatWould client={client} asked={current} />
    </Frame>
  )
}

const Frame = ({ lead, children }: { lead: string; children?: ComponentChildren }) => {
  const { tryIt } = useWords(words)
  return (
    <section class="card" aria-labelledby="try-it">
      <h2 id="try-it">{tryIt}</h2>
      <p class="soft">{lead}</p>
      {children}
    </section>
  )
}

function Asking({ client, asked, set }: { client: Registration; asked: Asked; set: (asked: Asked) => void }) {
  const said = useWords(words)
  const path = `/clients/${encodeURIComponent(String(client.client_id))}/step-up-policy`
  type Named = { acrToLoa?: Record<string, number> }
  const own = useLoaded(path, () => api.get<Named>(path, { quiet: true }))
  const realm = useLoaded('/step-up-policy', () => api.get<Named>('/step-up-policy', { quiet: true }))
  const names = Object.keys(own.data?.acrToLoa ?? realm.data?.acrToLoa ?? {})
  return (
    <>
      <SelectField
        label={said.tryUri}
        value={asked.redirectUri}
        choices={textsIn(client.redirect_uris).map((uri) => ({ value: uri, label: uri }))}
        onChange={(redirectUri) => set({ ...asked, redirectUri })}
      />
      <SelectField
        label={said.tryAcr}
        value={asked.acr}
        choices={[{ value: '', label: said.tryAcrNone }, ...names.map((name) => ({ value: name, label: name }))]}
        onChange={(acr) => set({ ...asked, acr })}
      />
      <SelectField
        label={said.tryPrompt}
        value={asked.prompt}
        choices={Object.entries(said.prompts).map(([value, label]) => ({ value, label }))}
        onChange={(prompt) => set({ ...asked, prompt })}
      />
      <TextField
        label={said.tryMaxAge}
        type="number"
        min={0}
        optional
        value={asked.maxAge}
        onChange={(maxAge) => set({ ...asked, maxAge })}
      />
    </>
  )
}

function Opening({ client, asked }: { client: Registration; asked: Asked }) {
  const said = useWords(words)
  const made = useUnredeemable()
  if (made === undefined) return null
  const address = addressOf(client, asked, made)
  return (
    <>
      <div class="actions">
        <a class="button primary" href={address} target="_blank" rel="noopener noreferrer">
          {said.tryOpen}
        </a>
        <Copy text={address} name={said.tryAddress} />
      </div>
      <p class="hint">{said.trySafe}</p>
      <details>
        <summary>{said.tryAddress}</summary>
        <code class="secret">{address}</code>
      </details>
    </>
  )
}

function WhatWould({ client, asked }: { client: Registration; asked: Asked }) {
  const said = useWords(words)
  const mayExplain = useMay()('step-up:explain')
  const [user, setUser] = useState('')
  const [state, setState] = useState<{ busy: boolean; refused?: Refused; answer?: Explanation }>({ busy: false })
  if (!mayExplain) return null
  const explain = async () => {
    setState({ busy: true })
    const request = {
      ...(asked.acr === '' ? {} : { acrValues: [asked.acr] }),
      ...(asked.prompt === '' ? {} : { prompt: [asked.prompt] }),
      ...(/^\d+$/.test(asked.maxAge) ? { maxAge: Number(asked.maxAge) } : {}),
    }
    const body = { user: user.trim(), client: client.client_id, request }
    const reply = await api.post<Explanation>('/explain', { body })
    setState({ busy: false, ...(reply.ok ? { answer: reply.data } : { refused: reply }) })
  }
  return (
    <>
      <h3>{said.tryWhat}</h3>
      <Form label={said.tryWhat} busy={state.busy} refused={state.refused} onSubmit={explain}>
        <TextField
          label={said.tryUser}
          hint={said.tryUserHint}
          pointer="/user"
          required
          value={user}
          onChange={setUser}
        />
        <button type="submit" class="secondary" aria-disabled={state.busy}>
          {said.tryExplain}
        </button>
      </Form>
      <div aria-live="polite">{state.answer && <Answer title={said.tryAnswer} explanation={state.answer} />}</div>
    </>
  )
}

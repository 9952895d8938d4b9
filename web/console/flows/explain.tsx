/** What a flow would come to for somebody: as it is saved, and beside it as it is being edited. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Flow, factorKinds } from '../../../src/core/step-up/flow.ts'
import type { Explanation } from '../../../src/step-up-explain.ts'
import { api, type Refused, type Reply } from '../../app/api.ts'
import { useDraft } from '../../app/drafts.ts'
import { CheckField, Form, SelectField, TextField } from '../../app/form.tsx'
import { tagOf, useLanguage, useWords } from '../../app/language.ts'
import { Notice } from '../../app/notice.tsx'
import type { Envelope } from '../../app/paged.ts'
import { Badge, type Tone } from '../../app/small.tsx'
import { useLoaded } from '../../app/states.tsx'
import { ageIn } from '../duration.tsx'
import { type Words, words } from '../words/flows.ts'

type Question = { user: string; client: string; acrValues: string; shown: string[]; minutes: string }
const nothing: Question = { user: '', client: '', acrValues: '', shown: [], minutes: '5' }

type Answers = { saved: Explanation; edited?: Explanation | undefined }
type State = { busy: boolean; refused?: Refused; answers?: Answers }

/** As a registration has its names (RFC 7591). */
type ClientRow = { client_id: string; client_name: string; enabled?: boolean }

const listIn = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '')

const bodyOf = ({ user, client, acrValues, shown, minutes }: Question, flow: Flow) => ({
  user: user.trim(),
  client,
  flow,
  request: listIn(acrValues).length === 0 ? {} : { acrValues: listIn(acrValues) },
  ...(shown.length === 0
    ? {}
    : {
        session: {
          proofs: shown.map((factor) => ({ factor, secondsAgo: Math.max(0, Math.round(Number(minutes) * 60)) || 0 })),
        },
      }),
})

export function Explain({ saved, draft, names }: { saved: Flow; draft: Flow | undefined; names: readonly string[] }) {
  const { explain: said } = useWords(words)
  const question = useDraft('explain', nothing)
  const [state, setState] = useState<State>({ busy: false })
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The questions fill a small screen: their answer is under them.
    if (state.answers) place.current?.scrollIntoView({ block: 'nearest' })
  }, [state.answers])
  const ask = (flow: Flow): Promise<Reply<Explanation>> =>
    api.post<Explanation>('/explain', { body: bodyOf(question.value, flow) })
  const go = async () => {
    setState({ busy: true })
    const first = await ask(saved)
    if (!first.ok) return setState({ busy: false, refused: first })
    const second = draft && (await ask(draft))
    if (second && !second.ok) return setState({ busy: false, refused: second })
    setState({ busy: false, answers: { saved: first.data, edited: second?.data } })
  }
  return (
    <aside class="explain card" aria-labelledby="explain-title">
      <h2 id="explain-title">{said.title}</h2>
      <p class="soft">{said.lead}</p>
      <Form onSubmit={go} busy={state.busy} refused={state.refused} label={said.title}>
        <Fields question={question.value} set={question.set} names={names} />
        <button type="submit" class="primary" aria-disabled={state.busy}>
          {said.run}
        </button>
      </Form>
      <div ref={place} aria-live="polite">
        {state.answers && <Shown answers={state.answers} />}
      </div>
    </aside>
  )
}

/** The first thousand: more nobody chooses from by eye. */
async function allClients(): Promise<Reply<ClientRow[]>> {
  const all: ClientRow[] = []
  let path: string | undefined = '/clients?pageSize=100'
  for (let page = 0; page < 10 && path !== undefined; page++) {
    const reply: Reply<Envelope<ClientRow>> = await api.get<Envelope<ClientRow>>(path, { quiet: true })
    if (!reply.ok) return reply
    all.push(...reply.data.page.items)
    path = reply.data.links.next
    if (path === undefined || page === 9) return { ...reply, data: all }
  }
  throw new Error('A list of pages ends with a page')
}

type FieldsProps = { question: Question; set: (question: Question) => void; names: readonly string[] }

function Fields({ question, set, names }: FieldsProps) {
  const { explain: said, factors } = useWords(words)
  const clients = useLoaded('/clients', allClients)
  const known = (clients.data ?? []).filter(({ enabled }) => enabled !== false)
  return (
    <>
      <TextField
        label={said.user}
        hint={said.userHint}
        pointer="/user"
        required
        value={question.user}
        onChange={(user) => set({ ...question, user })}
      />
      <SelectField
        label={said.client}
        pointer="/client"
        required
        value={question.client}
        choices={[
          { value: '', label: said.choose },
          ...known.map(({ client_id: id, client_name: name }) => ({ value: id, label: `${name} (${id})` })),
        ]}
        onChange={(client) => set({ ...question, client })}
      />
      <TextField
        label={said.acrValues}
        hint={`${said.acrHint} ${names.join(', ')}`}
        pointer="/request/acrValues"
        value={question.acrValues}
        onChange={(acrValues) => set({ ...question, acrValues })}
      />
      <fieldset>
        <legend>{said.shown}</legend>
        {factorKinds.map((factor) => (
          <CheckField
            key={factor}
            label={factors[factor]}
            checked={question.shown.includes(factor)}
            onChange={(checked) =>
              set({
                ...question,
                shown: checked ? [...question.shown, factor] : question.shown.filter((one) => one !== factor),
              })
            }
          />
        ))}
      </fieldset>
      {question.shown.length > 0 && (
        <TextField
          label={said.ago}
          type="number"
          min={0}
          pointer="/session"
          value={question.minutes}
          onChange={(minutes) => set({ ...question, minutes })}
        />
      )}
    </>
  )
}

function Shown({ answers: { saved, edited } }: { answers: Answers }) {
  const { explain: said } = useWords(words)
  if (edited === undefined) return <Answer title={said.saved} explanation={saved} />
  const isSame = JSON.stringify(essenceOf(saved)) === JSON.stringify(essenceOf(edited))
  return (
    <>
      <Notice kind="info">
        <p>{isSame ? said.same : said.differs}</p>
      </Notice>
      <Answer title={said.edited} explanation={edited} />
      <Answer title={said.saved} explanation={saved} />
    </>
  )
}

/** What the person would notice: another name of a level is none of it. */
const essenceOf = ({ decision, report }: Explanation) => [
  decision,
  report.levels.map(({ loa, state, reachable }) => [loa, state, reachable]),
]

function verdictOf({ decision }: Explanation, { explain: said, factors }: Words): { text: string; tone: Tone } {
  if (decision.do === 'issue') return { text: said.issued(decision.acr ?? said.noName), tone: 'good' }
  if (decision.do === 'refuse') return { text: said.refusedWith(decision.description), tone: 'bad' }
  const offers = decision.offers.map(({ factor, ways }) => {
    const name = factors[factor as keyof typeof factors] ?? factor
    const before = ways.includes('use') ? '' : (said.ways[ways[0] ?? 'use'] ?? '')
    return before === '' ? name : `${name} (${before})`
  })
  return { text: said.asked(offers.join(said.either)), tone: 'info' }
}

export function Answer({ title, explanation }: { title: string; explanation: Explanation }) {
  const said = useWords(words)
  const tag = tagOf(useLanguage())
  const { text, tone } = verdictOf(explanation, said)
  return (
    <section class="answer">
      <h3>{title}</h3>
      <p class={`verdict ${tone}`}>{text}</p>
      <ul class="levels" aria-label={said.explain.levels}>
        {explanation.report.levels.map(({ alias, loa, state, age, reachable }) => (
          <li key={alias}>
            {loa} {alias}:{' '}
            <Badge tone={state === 'fresh' ? 'good' : 'plain'}>{said.explain.states[state] ?? state}</Badge>{' '}
            {age !== undefined && <span class="soft">({ageIn(tag, age)})</span>}{' '}
            {state !== 'fresh' && (
              <span class="soft">{reachable ? said.explain.reachable : said.explain.unreachable}</span>
            )}
          </li>
        ))}
      </ul>
      <details>
        <summary>{said.explain.why}</summary>
        <ol lang="en">
          {explanation.why.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ol>
      </details>
    </section>
  )
}

/** The mails that are sent from here: how each looks, in both languages, in the light, in the dark and as text. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { SelectField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useLanguage, useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { Facts } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { words } from '../words/mails.ts'
import { type Look, MailFrame } from './frame.tsx'

type Mails = { from: string; locales: readonly string[]; mails: readonly { template: string }[] }

export function Page() {
  const { title, lead } = useWords(words)
  const mails = useLoaded('/mails', () => api.get<Mails>('/mails'))
  return (
    <>
      <PageHead title={title} lead={lead} />
      <Shown of={mails}>{(all) => <Chosen all={all} />}</Shown>
    </>
  )
}

const nameOfLanguage: Record<string, string> = { en: 'English', de: 'Deutsch' }

function Chosen({ all }: { all: Mails }) {
  const said = useWords(words)
  const mayTest = useMay()('settings:write')
  const [template, setTemplate] = useState(all.mails[0]?.template ?? '')
  const [locale, setLocale] = useState<string>(useLanguage())
  const [look, setLook] = useState<Look | 'text'>(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  const nameOf = (name: string): string => said.templates[name] ?? name
  return (
    <>
      <div class="toolbar">
        <SelectField
          label={said.template}
          value={template}
          choices={all.mails.map((each) => ({ value: each.template, label: nameOf(each.template) }))}
          onChange={setTemplate}
        />
        <SelectField
          label={said.language}
          value={locale}
          choices={all.locales.map((each) => ({ value: each, label: nameOfLanguage[each] ?? each }))}
          onChange={setLocale}
        />
        <SelectField
          label={said.look}
          value={look}
          choices={Object.entries(said.looks).map(([value, label]) => ({ value, label }))}
          onChange={(chosen) => setLook(chosen as Look | 'text')}
        />
        {mayTest && <Test template={template} locale={locale} />}
      </div>
      <Preview template={template} locale={locale} look={look} name={nameOf(template)} />
    </>
  )
}

function Test({ template, locale }: { template: string; locale: string }) {
  const said = useWords(words)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const send = async () => {
    if (state.busy) return
    setState({ busy: true })
    const reply = await api.post<{ to: string }>(`/mails/${template}/test`, { body: { locale } })
    setState({ busy: false, ...(reply.ok ? {} : { refused: reply }) })
    if (reply.ok) say(said.sent(reply.data.to))
  }
  return (
    <>
      <button type="button" class="secondary" aria-disabled={state.busy} onClick={send}>
        {said.test}
      </button>
      {state.refused && <Refusal refused={state.refused} />}
    </>
  )
}

type PreviewProps = { template: string; locale: string; look: Look | 'text'; name: string }
type Mail = { from: string; subject: string; html: string; text: string }

function Preview({ template, locale, look, name }: PreviewProps) {
  const said = useWords(words)
  const path = `/mails/${template}?locale=${locale}`
  const mail = useLoaded(path, () => api.get<Mail>(path))
  return (
    <Shown of={mail}>
      {({ from, subject, html, text }) => (
        <>
          <Facts
            of={[
              [said.from, from],
              [
                said.subject,
                <span key="subject" lang={locale}>
                  {subject}
                </span>,
              ],
            ]}
          />
          {look === 'text' ? (
            <pre class="mail-text" lang={locale}>
              {text}
            </pre>
          ) : (
            <MailFrame html={html} title={said.frame(name)} look={look} />
          )}
        </>
      )}
    </Shown>
  )
}

/** The pictures of the first page: activation, sign-ins by level, failures by reason, keys by model. */
import { useMay } from '../../app/caller.ts'
import { tagOf, useLanguage, useWords } from '../../app/language.ts'
import { Picture } from '../../app/picture.tsx'
import { words } from '../words/home.ts'
import { ranked, type Statistics, spansOf, sumOf } from './statistics.ts'

type Props = { statistics: Statistics }

/** So many bars, and one for all others. */
const most = 7

export function Pictures({ statistics }: Props) {
  return (
    <>
      <Tiles statistics={statistics} />
      <div class="pictures">
        <SignIns statistics={statistics} />
        <Funnel statistics={statistics} />
        <Failures statistics={statistics} />
        <Models statistics={statistics} />
      </div>
    </>
  )
}

const useNumbers = () => {
  const tag = tagOf(useLanguage())
  return { tag, number: (value: number) => value.toLocaleString(tag) }
}

const logs = (type: string, { from, to }: Statistics): string =>
  `/console/logs?type=${type}&since=${from}T00:00:00Z&until=${to}T23:59:59Z`

/** The list behind, for whoever may see it. */
function Behind({ href, scope, children }: { href: string; scope: string; children: string }) {
  const may = useMay()
  if (!may(scope)) return null
  return (
    <p>
      <a href={href}>{children}</a>
    </p>
  )
}

function Tiles({ statistics }: Props) {
  const { tiles: said } = useWords(words)
  const { number } = useNumbers()
  const { total } = statistics
  const tiles: [string, number, string][] = [
    ['signIns', sumOf(total.signIns), said.signIns],
    ['failures', sumOf(total.failures), said.failures],
    ['activated', total.keys.activated, said.activated],
    ['locked', total.events['authenticator.locked'] ?? 0, said.locked],
  ]
  return (
    <ul class="tiles">
      {tiles.map(([key, count, label]) => (
        <li class="tile" key={key}>
          <strong>{number(count)}</strong>
          <p>{label}</p>
        </li>
      ))}
    </ul>
  )
}

function SignIns({ statistics }: Props) {
  const { signIns: said, day, week } = useWords(words)
  const { tag, number } = useNumbers()
  const spans = spansOf(statistics.days)
  const isWeekly = spans.length < statistics.days.length
  const acrs = ranked(statistics.total.signIns)
  const nameOf = (acr: string) => (acr === '' ? said.none : acr)
  const shortDay = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  return (
    <Picture
      broad
      kind="stacks"
      title={said.title}
      summary={said.summary(
        number(sumOf(statistics.total.signIns)),
        acrs.map(([acr, count]) => `${nameOf(acr)} ${number(count)}`).join(', '),
      )}
      category={isWeekly ? week : day}
      labels={spans.map((span) => shortDay.format(new Date(span.day)))}
      series={acrs.map(([acr]) => ({ label: nameOf(acr), values: spans.map(({ signIns }) => signIns[acr] ?? 0) }))}
    >
      <Behind href={logs('login.succeeded', statistics)} scope="audit:read">
        {said.link}
      </Behind>
    </Picture>
  )
}

function Funnel({ statistics }: Props) {
  const { funnel: said, count } = useWords(words)
  const { number } = useNumbers()
  const { imported, activated, expired, deleted } = statistics.total.keys
  return (
    <Picture
      kind="bars"
      title={said.title}
      summary={said.summary(number(imported), number(activated), number(expired))}
      category={said.what}
      labels={[said.imported, said.activated, said.expired, said.deleted]}
      series={[{ label: count, values: [imported, activated, expired, deleted] }]}
    >
      <Behind href="/console/authenticators?state=pending" scope="authenticators:read">
        {said.link}
      </Behind>
    </Picture>
  )
}

function Failures({ statistics }: Props) {
  const { failures: said, reasons, count } = useWords(words)
  const { number } = useNumbers()
  const nameOf = (reason: string) => reasons[reason] ?? reason
  const all = ranked(statistics.total.failures)
  const bars = withOthers(
    all.map(([reason, times]) => [nameOf(reason), times] as const),
    said.others,
  )
  const first = all[0]
  return (
    <Picture
      kind="bars"
      title={said.title}
      summary={said.summary(
        number(sumOf(statistics.total.failures)),
        first === undefined ? '' : `${nameOf(first[0])} (${number(first[1])})`,
      )}
      category={said.reason}
      labels={bars.map(([label]) => label)}
      series={[{ label: count, values: bars.map(([, value]) => value) }]}
    >
      <Behind href={logs('login.failed', statistics)} scope="audit:read">
        {said.link}
      </Behind>
    </Picture>
  )
}

function Models({ statistics }: Props) {
  const { models: said, count, failures } = useWords(words)
  const { number } = useNumbers()
  const { models } = statistics.ever
  const bars = withOthers(
    models.map(({ aaguid, name, keys }) => [name ?? aaguid, keys] as const),
    failures.others,
  )
  const first = bars[0]
  return (
    <Picture
      broad
      kind="bars"
      title={said.title}
      summary={said.summary(
        number(models.reduce((sum, { keys }) => sum + keys, 0)),
        first === undefined ? '' : `${first[0]} (${number(first[1])})`,
      )}
      category={said.model}
      labels={bars.map(([label]) => label)}
      series={[{ label: count, values: bars.map(([, value]) => value) }]}
    >
      <Behind href="/console/settings" scope="settings:read">
        {said.link}
      </Behind>
    </Picture>
  )
}

function withOthers(all: readonly (readonly [string, number])[], others: string): (readonly [string, number])[] {
  if (all.length <= most + 1) return [...all]
  const rest = all.slice(most).reduce((sum, [, count]) => sum + count, 0)
  return [...all.slice(0, most), [others, rest]]
}

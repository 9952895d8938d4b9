/** One record, with all that it says. */
import type { LogEntry } from '../../../src/core/audit/log-entry.ts'
import { Dialog } from '../../app/dialog.tsx'
import { useWords } from '../../app/language.ts'
import { Facts, Identifier, Time } from '../../app/small.tsx'
import { words } from '../words/logs.ts'

export function Record({ entry, onClose }: { entry: LogEntry; onClose: () => void }) {
  const said = useWords(words)
  const { fields } = said
  const { context, details } = entry
  const { actor, user, ages, requested, amr, authenticators, ...plain } = details
  const listed = { authenticators, requested, amr }
  const text = (name: keyof typeof fields, value: string | number | undefined) =>
    value !== undefined && ([fields[name], String(value)] as const)
  return (
    <Dialog title={details.type} wide onClose={onClose}>
      <Facts
        of={[
          [fields.timeStamp, <Time at={entry.timeStamp} exact />],
          [fields.actor, `${said.kinds[actor.kind] ?? actor.kind} ${actor.id}`],
          user !== undefined && [fields.user, <UserLink id={user} name={context.principalId ?? user} />],
          text('reason', plain.reason),
          text('detail', plain.detail),
          text('originatingAddress', context.originatingAddress),
          text('client', plain.client),
          text('authenticator', plain.authenticator),
          text('externalId', plain.externalId),
          text('serialNumber', plain.serialNumber),
          text('aaguid', plain.aaguid),
          text('flow', plain.flow),
          text('webhook', plain.webhook),
          text('message', plain.message),
          ...(['authenticators', 'requested', 'amr'] as const).map((name) => text(name, listed[name]?.join(', '))),
          text('target', plain.target),
          text('targetLevel', plain.targetLevel),
          text('achieved', plain.achieved),
          text('achievedLevel', plain.achievedLevel),
          ages !== undefined &&
            Object.keys(ages).length > 0 && [
              fields.ages,
              Object.entries(ages)
                .map(([level, age]) => `${level}: ${age}`)
                .join(', '),
            ],
          text('sessionId', context.sessionId),
          context.requestId !== undefined && [
            fields.requestId,
            <Identifier text={context.requestId} name={fields.requestId} />,
          ],
          [fields.id, <Identifier text={entry.id} name={fields.id} />],
        ]}
      />
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          {said.close}
        </button>
      </div>
    </Dialog>
  )
}

export const UserLink = ({ id, name }: { id: string; name: string }) => (
  <a href={`/console/users/${encodeURIComponent(id)}`}>{name}</a>
)

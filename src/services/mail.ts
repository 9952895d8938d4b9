/** Mail by SES. A refusal or an outage is told to whoever asked for it, in the few words that a person can act on. */
import { SESClient, SESServiceException, SendEmailCommand } from '@aws-sdk/client-ses'
import type { UserId } from '../core/authenticator.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import { userTag } from './mail-tag.ts'

export type Letter = { to: string; user: UserId; subject: string; text: string; html: string }

export type Mail = {
  /** `mail-failed` when SES would not take it: refused, throttled, or out of reach. `detail` is for the log. */
  send(letter: Letter): Promise<Result<{ messageId: string }, 'mail-failed'>>
}

export function openMail(stage: Stage): Mail {
  const client = new SESClient({
    ...(stage.sesEndpoint === undefined ? {} : { endpoint: stage.sesEndpoint }),
    maxAttempts: 2,
  })
  const utf8 = (text: string) => ({ Data: text, Charset: 'UTF-8' })
  return {
    async send({ to, user, subject, text, html }) {
      try {
        const { MessageId } = await client.send(
          new SendEmailCommand({
            Source: stage.mailSender,
            Destination: { ToAddresses: [to] },
            // What SES tells of it later names the user: see lambdas/mail/feedback.ts.
            Tags: [userTag(user)],
            Message: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
            ...(stage.mailConfigurationSet === undefined ? {} : { ConfigurationSetName: stage.mailConfigurationSet }),
          }),
          { abortSignal: AbortSignal.timeout(8000) },
        )
        return ok({ messageId: MessageId ?? '' })
      } catch (failure) {
        if (failure instanceof SESServiceException || isUnreachable(failure))
          return refuse('mail-failed', { detail: failure.name })
        throw failure
      }
    },
  }
}

/** The SDK's own errors for a service that does not answer. */
const isUnreachable = (failure: unknown): failure is Error =>
  failure instanceof Error &&
  ['TimeoutError', 'AbortError', 'ECONNREFUSED', 'ECONNRESET', 'NetworkingError'].some(
    (name) => failure.name === name || ('code' in failure && failure.code === name),
  )

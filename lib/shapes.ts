/** What settings of several kinds have to look like. */

const host = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/

export const isHost = (text: string): boolean => host.test(text)

/** One line of text, whatever it says: its reader knows more. */
export const isLine = (text: string): boolean => /^[^\p{C}]{1,2048}$/u.test(text)

export const isCertificateArn = (text: string): boolean =>
  /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/.test(text)

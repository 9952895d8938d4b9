/**
 * What a browser says of itself, in the words of the person who has it. It is the browser's own word, and only a help to
 * recognise it: what is not known here is not guessed.
 */

/** The more particular first: most of them name those that they are made of as well. */
const browsers: readonly [name: string, sign: RegExp][] = [
  ['Microsoft Edge', /\bEdg(?:e|A|iOS)?\/\d/],
  ['Opera', /\b(?:OPR|OPT)\/\d/],
  ['Samsung Internet', /\bSamsungBrowser\/\d/],
  ['Vivaldi', /\bVivaldi\/\d/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/\d/],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\/\d/],
  ['Safari', /\bVersion\/\d[\d.]* (?:Mobile\/\S+ )?Safari\/\d/],
]

const systems: readonly [name: string, sign: RegExp][] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows NT\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
]

export type Device = { browser?: string; system?: string }

export function deviceOf(userAgent: string | undefined): Device {
  const named = (list: typeof browsers) => list.find(([, sign]) => sign.test(userAgent ?? ''))?.[0]
  const [browser, system] = [named(browsers), named(systems)]
  return { ...(browser === undefined ? {} : { browser }), ...(system === undefined ? {} : { system }) }
}

/**
 * How small and how large each number among the settings may be. By itself, so that the console's forms can say it before
 * anything is sent; `settings-document.ts` holds documents to it.
 */

const day = 86_400
const year = 366 * day

export const settingLimits = {
  pendingLifetime: { least: 3600, most: 10 * year },
  counterFailuresToLock: { least: 0, most: 100 },
  sessionIdle: { least: 60, most: year },
  sessionLifetime: { least: 60, most: year },
  sensitiveMaxAge: { least: 60, most: day },
  // Longer, more often or for longer than these, and a code of six digits is worth guessing at (NIST SP 800-63B-4 §3.1.3.2).
  codeLength: { least: 6, most: 8 },
  codeLifetime: { least: 120, most: 600 },
  codeTries: { least: 1, most: 5 },
  codeSends: { least: 1, most: 3 },
  codeSendWindow: { least: 900, most: day },
  // What else they are held to is the rotation's: see `oidc/key-rotation.ts`.
  signingKeyPeriod: { least: 60, most: 10 * year },
  signingKeyOverlap: { least: 60, most: year },
} as const

/** Letters of which two could be taken for each other need a fixed length, or a code would be short as well as hard to read. */
export const lengthOfLetters = 8

/** Members of the lists. */
export const mostAaguids = 500
export const mostRoots = 50
export const longestRoot = 8192

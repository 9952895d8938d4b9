/** The algorithms that we sign tokens with, and take signatures by (RFC 7518 §3.1, RFC 8037). */
export const signingAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

/** Those that FAPI 2.0 Security Profile §5.4.1 leaves. */
export const fapiAlgorithms = ['PS256', 'ES256', 'EdDSA'] as const satisfies readonly SigningAlgorithm[]

/** Imports as a Credential Management System sends them, and what one of them is answered. The keys are real ones. */

export const rawKey = {
  type: 'fido',
  friendlyName: 'Blue security key',
  serialNumber: '0042-1138',
  metadata: {
    rpId: 'example.org',
    credentialId: 'a5qu36kYmzqdFomT_Hr6gh79JfJUSn5my7f3PLxxzyk',
    aaguid: 'ee882879-721c-4913-9775-3dfcce97072a',
    signatureCounter: 7,
    transports: ['usb', 'nfc'],
    backupEligible: false,
    publicKey:
      'pQECAyYgASFYIEj4XOyvSInAkHPjJJrK29Z8UTt0WswRX7YzNXkZ2XG6IlggMMtHSlsy76sCqLj2HfLtGdzieCG8EM4eTfUrQ275140',
  },
} as const

export const pemKey = {
  type: 'fido',
  externalId: 'badge-7',
  expiresAt: '2099-12-31T23:59:59Z',
  metadata: {
    rpId: 'example.org',
    credentialId: 'GP2vaG_SN66TSdcuIAD_PHbvqGsWlXNw0PLkG9Hd0cs',
    publicKeyPem:
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAFI2wFT7X1giQew2CVnfgIRNw0QCDlwvERCdJ209HR98=\n-----END PUBLIC KEY-----\n',
  },
} as const

export const attestedKey = {
  type: 'fido',
  metadata: {
    rpId: 'example.org',
    credentialId: 'icuu5AxpPaJT1tXpV4ujspl_sALkP4vvN0pNXcuClyQ',
    attestation: {
      clientDataJSON:
        'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiekIweVhrMW1WcTNZaDBzV2M0bDlkMnU3dDhyNXA2bjFvMGFfYi1jM2U0ZiIsIm9yaWdpbiI6Imh0dHBzOi8vY21zLmV4YW1wbGUub3JnIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ',
      attestationObject:
        'o2NmbXRmcGFja2VkZ2F0dFN0bXSiY2FsZydjc2lnWEA6_sum2Wclc6cTUxBZzmz5AwUg-q7qnjMPkDPZYWKycHNtwtVFz2AQpsYWWU8FgERDV_vy1MA3gmkB4w4e5sQNaGF1dGhEYXRhWIG_q8N0MpWLBjNg061kYcnEc1rn-O3UZZKl4PAUUrLktUUAAAAAXKGrHgAAQACAAAAAAADx0AAgicuu5AxpPaJT1tXpV4ujspl_sALkP4vvN0pNXcuClySkAQEDJyAGIVggGM3Ztc8RRKWvj75rmtnmCgaFoVt2zcKzrshzszfVJ60',
      challengeId: 'Zz0mVq3Yh0sWc4l9d2u7tA',
    },
  },
} as const

export const imported = {
  id: '4vO2n0bHq1dWc8sYt6R3xA',
  type: 'fido',
  state: 'pending',
  friendlyName: 'Blue security key',
  serialNumber: '0042-1138',
  origin: 'imported',
  provenance: 'raw',
  createdDateTime: '2026-11-22T09:30:00.000Z',
  lastUsedAuthnDateTime: null,
  lastSuccessAuthnDateTime: null,
  metadata: { ...rawKey.metadata, algorithm: -7 },
} as const

import { describe, expect, it } from 'vitest'
import { readServerSettings } from '../src/settings.ts'

describe('settings', () => {
  it('nothing has to be set', () => {
    expect(readServerSettings({ PATH: '/bin' })).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      home: './data',
      logLevel: 'info',
      transport: 'http',
      approvalThreshold: 2,
      proposalHours: 24,
      queryTimeoutSeconds: 30,
      trustedProxies: [],
      trustUserHeader: false,
    })
  })

  it('takes the spellings people use', () => {
    const settings = readServerSettings({
      SUPER_DATA_LOG_LEVEL: 'WARNING',
      SUPER_DATA_ENABLE_LEARNING: 'no',
      SUPER_DATA_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      SUPER_DATA_JWT_ALGORITHMS: 'RS256,EdDSA',
      SUPER_DATA_PUBLIC_URL: 'https://data.example.com',
    })
    expect(settings).toMatchObject({
      logLevel: 'warn',
      enableLearning: false,
      trustedProxies: ['10.0.0.0/8', '::1'],
      jwtAlgorithms: ['RS256', 'EdDSA'],
      publicUrl: 'https://data.example.com',
    })
    expect(readServerSettings({ SUPER_DATA_LOG_LEVEL: 'INFO' }).logLevel).toBe('info')
  })

  it('tells every mistake at once, with what was meant, and no value', () => {
    const wrong = {
      SUPER_DATA_PORT: 'http',
      SUPER_DATA_TRUSTED_PROXIES: '10.0.0.0/99',
      SUPER_DATA_PUBLIC_URL: 'ftp://x',
      SUPER_DATA_LOGLEVEL: 'debug',
      ADMIN_API_KEY: 'short-secret',
    }
    try {
      readServerSettings(wrong)
      expect.unreachable()
    } catch (error) {
      const { message, code } = error as { message: string; code: string }
      expect(code).toBe('SETTINGS_INVALID')
      for (const name of Object.keys(wrong)) expect(message).toContain(name)
      expect(message).toContain('did you mean SUPER_DATA_LOG_LEVEL?')
      expect(message).not.toContain('short-secret')
    }
  })
})

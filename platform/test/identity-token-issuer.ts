import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** A real identity provider, as far as tokens go: a server that publishes the public key tokens are signed with. */
export async function openTokenIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const stranger = await generateKeyPair('RS256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'current', alg: 'RS256', use: 'sig' }] }
  let fetches = 0
  const server = createServer((_request, response) => {
    fetches += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = 'https://login.example.test'
  const audience = 'super-data'

  return {
    settings: { issuer, audience, jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` },
    /** The public key as text: what a forger would sign HS256 with. */
    publicKeyText: await exportSPKI(publicKey),
    fetches: () => fetches,
    /** A token that is right but for what is given. */
    sign: (now: number, claims: JWTPayload = {}, options: { kid?: string; forged?: boolean } = {}) =>
      new SignJWT({
        iss: issuer,
        aud: audience,
        sub: 'subject-1',
        preferred_username: 'ines',
        exp: Math.floor(now / 1_000) + 300,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid: options.kid ?? 'current' })
        .sign(options.forged ? stranger.privateKey : privateKey),
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export type TokenIssuer = Awaited<ReturnType<typeof openTokenIssuer>>

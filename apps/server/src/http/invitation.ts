import { randomBytes } from 'node:crypto'
import { toProblem } from '@super-data/base/errors'
import type { Output } from '@super-data/contract'
import type { Hono } from 'hono'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { BodyTooLarge } from './errors.ts'
import { escapeHtml, html, page } from './html.ts'
import { statusOf } from './problem.ts'

/**
 * The page behind an invitation link. The link carries its token behind the `#`, which browsers keep to themselves, so
 * it stands in no log on the way. Opening the page changes nothing: link previews cannot use an invitation up.
 */
export function invitationRoutes(app: Hono<DoorEnv>, door: HttpDoor): void {
  app.get('/invite', () => askPage(''))
  app.get('/invite/:token', c => askPage(c.req.param('token')))
  app.post('/invite', c => redeem(c, door))
}

const formBytesMax = 4_096

async function redeem(c: DoorContext, door: HttpDoor): Promise<Response> {
  const { requestId, credentials } = c.var.facts
  try {
    const token = await readToken(c)
    const { output } = await door.platform.call(
      'users.redeem',
      { token },
      { credentials, door: 'http', requestId, signal: c.req.raw.signal },
    )
    return html(welcomePage(output))
  } catch (error) {
    const problem = toProblem(error)
    if (problem.kind === 'internal') door.log.error({ err: error, requestId }, 'an invitation could not be redeemed')
    return html(refusedPage(problem.message, problem.hint), { status: statusOf(problem) })
  }
}

/** The form's one field. @throws BodyTooLarge */
async function readToken(c: DoorContext): Promise<string> {
  if (!(Number(c.req.header('content-length')) <= formBytesMax)) throw new BodyTooLarge(formBytesMax)
  return new URLSearchParams(await c.req.raw.text()).get('token') ?? ''
}

/** The field is there for browsers without scripts; with one it is filled in and hidden. */
function askPage(token: string): Response {
  const nonce = randomBytes(16).toString('base64url')
  const known = token === '' ? '' : ` value="${escapeHtml(token)}"`
  const body = `<h1>You are invited</h1>
<p>This link makes your key for Super Data. It works once, and the key is shown once.</p>
<form method="post" action="/invite">
<p id="field"><label for="token">The last part of your link, behind the #</label><br>
<input id="token" name="token" required autocomplete="off" spellcheck="false"${known}></p>
<p><button type="submit">Show my key</button></p>
</form>
<script nonce="${nonce}">
const token = document.getElementById('token')
if (location.hash.length > 1) token.value = location.hash.slice(1)
document.getElementById('field').hidden = token.value !== ''
</script>`
  return html(page('Invitation', body), { nonce })
}

function welcomePage({ user, key, clients }: Output<'users.redeem'>): string {
  const settings = clients.map(
    client => `<h3>${escapeHtml(client.name)}</h3><p class="soft"><code>${escapeHtml(client.file)}</code></p>
<pre>${escapeHtml(client.content)}</pre>`,
  )
  return page(
    'Welcome',
    `<h1>Welcome, ${escapeHtml(user.name)}</h1>
<p>Your key, for the project <strong>${escapeHtml(key.project)}</strong>. Keep it now: it is not shown again.</p>
<pre>${escapeHtml(key.secret)}</pre>
${settings.length === 0 ? '' : `<p>Settings to paste into your client:</p>${settings.join('\n')}`}
<p><a href="/docs">What can be asked</a></p>`,
  )
}

function refusedPage(message: string, hint: string | undefined): string {
  return page(
    'Invitation',
    `<h1>This invitation does not work</h1>
<p>${escapeHtml(message)}.</p>
<p class="soft">${escapeHtml(hint ?? 'Ask whoever invited you for a new link.')}</p>`,
  )
}

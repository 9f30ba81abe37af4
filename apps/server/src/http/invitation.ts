import { toProblem } from '@super-data/base/errors'
import type { Output } from '@super-data/contract'
import type { Hono } from 'hono'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { escapeHtml, html, page } from './html.ts'
import { statusOfKind } from './problem.ts'

/** The page behind an invitation link. Opening it changes nothing, so link previews cannot use an invitation up. */
export function invitationRoutes(app: Hono<DoorEnv>, door: HttpDoor): void {
  app.get('/invite/:token', () => html(askPage()))
  app.post('/invite/:token', c => redeem(c, door))
}

async function redeem(c: DoorContext, door: HttpDoor): Promise<Response> {
  const { requestId, credentials } = c.var.facts
  try {
    const { output } = await door.platform.call(
      'users.redeem',
      { token: c.req.param('token') },
      { credentials, door: 'http', requestId, signal: c.req.raw.signal },
    )
    return html(welcomePage(output))
  } catch (error) {
    const problem = toProblem(error)
    if (problem.kind === 'internal') door.log.error({ err: error, requestId }, 'an invitation could not be redeemed')
    return html(refusedPage(problem.message, problem.hint), statusOfKind[problem.kind])
  }
}

function askPage(): string {
  return page(
    'Invitation',
    `<h1>You are invited</h1>
<p>This link makes your key for Super Data. It works once, and the key is shown once.</p>
<form method="post"><p><button type="submit">Show my key</button></p></form>`,
  )
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

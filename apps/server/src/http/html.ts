/** What browsers may do with our answers: next to nothing. Pages that need more say so themselves. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** A page of ours. @param options.nonce of its one inline script, when it has one: no other script runs. */
export function html(page: string, options: { readonly status?: number; readonly nonce?: string } = {}): Response {
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    ...(options.nonce === undefined ? [] : [`script-src 'nonce-${options.nonce}'`]),
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return new Response(page, {
    status: options.status ?? 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy.join('; '),
      // Stricter would make browsers send a form of ours with the origin `null`.
      'Referrer-Policy': 'same-origin',
    },
  })
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, sign => entities[sign]!)
}

const style = `
:root { color-scheme: light dark; --text: #1d2330; --soft: #5c6675; --line: #dfe3ea; --back: #fff; --panel: #f5f7fa; --mark: #0b63ce }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ef; --soft: #9aa4b2; --line: #2b323d; --back: #14181f; --panel: #1b2129; --mark: #6db0ff }
}
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: var(--back) }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 5rem }
h1 { font-size: 1.7rem; margin: 0 0 .5rem }
h2 { margin: 2.6rem 0 .6rem; font-size: 1.25rem; text-transform: capitalize }
h3 { margin: 0; font-size: 1rem }
p { margin: .4rem 0 } a { color: var(--mark) } .soft { color: var(--soft) }
code, pre { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, monospace }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto; user-select: all }
table { width: 100%; border-collapse: collapse; margin: .6rem 0; font-size: .92rem }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 500 }
nav a { margin-right: .9rem; text-transform: capitalize }
article { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; margin: .8rem 0 }
.method { display: inline-block; min-width: 4.2rem; font-weight: 600; color: var(--mark) }
input { font: inherit; width: 100%; max-width: 32rem; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 8px; color: inherit; background: var(--panel) }
button { font: inherit; font-weight: 600; color: #fff; background: #0b63ce; border: 0; border-radius: 8px; padding: .7rem 1.4rem; cursor: pointer }
button:focus-visible, a:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px }
details summary { cursor: pointer; color: var(--soft); margin-top: .4rem }
`

/** The frame of every page. @param body trusted HTML. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`
}

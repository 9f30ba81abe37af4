import { openInstallation } from './identity-installation.ts'

/** Makes projects until it is killed, and says on stdout which ones it was told of as made. */
const [folder = '', owner = '', first = '0'] = process.argv.slice(2)
const home = await openInstallation({ folder })
for (let number = Number(first); ; number++) {
  const name = `project-${number}`
  await home.ask(owner, 'projects.create', { name }, { idempotencyKey: name })
  process.stdout.write(`${name}\n`)
}

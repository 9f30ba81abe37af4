import { BlockList, isIP } from 'node:net'
import { ProxyAddressInvalid } from './errors.ts'

/** The addresses whose `X-User-ID` header is believed. */
export class TrustedProxies {
  readonly #ranges = new BlockList()

  /** @param ranges IP addresses or CIDR ranges. @throws ProxyAddressInvalid */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) this.#add(range)
  }

  has(address: string | undefined): boolean {
    if (address === undefined) return false
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    const version = isIP(plain)
    return version !== 0 && this.#ranges.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }

  #add(range: string): void {
    const [address = '', prefix] = range.split('/')
    const version = isIP(address)
    const bits = prefix === undefined ? undefined : Number(prefix)
    const bitsMax = version === 6 ? 128 : 32
    if (version === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= bitsMax))) {
      throw new ProxyAddressInvalid(range)
    }
    const family = version === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) this.#ranges.addAddress(address, family)
    else this.#ranges.addSubnet(address, bits, family)
  }
}

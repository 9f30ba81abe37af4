import { describe, expect, it } from 'vitest'
import { splitFlags } from '../src/commands/run.ts'
import { collectParam, guessValue, typeParams } from '../src/params.ts'

describe('--param name=value', () => {
  it.each([
    ['100', 100],
    ['1.5', 1.5],
    ['true', true],
    ['null', null],
    ['[1,2]', [1, 2]],
    ['"100"', '100'],
    ['007', '007'],
    ['anna', 'anna'],
    ['12345678901234567890', '12345678901234567890'],
    ['', ''],
  ])('reads %j as JSON where that is what it is', (typed, expected) => {
    expect(guessValue(typed)).toEqual(expected)
  })

  it('collects several and keeps = in values', () => {
    expect(collectParam('b=x=y', collectParam('a=1'))).toEqual({ a: 1, b: 'x=y' })
  })

  it('refuses what has no name', () => {
    expect(() => collectParam('=5')).toThrow('--param takes name=value')
    expect(() => collectParam('five')).toThrow('--param takes name=value')
  })
})

describe('the flags of a tool', () => {
  const schema = {
    type: 'object',
    properties: {
      min: { type: 'integer' },
      zip: { type: 'string' },
      only_paid: { type: 'boolean' },
      sinceDay: { type: ['string', 'null'] },
      tags: { type: 'array', items: { type: 'string' } },
      anything: {},
    },
  }

  it('get the types that the tool declares', () => {
    const flags = [
      { name: 'min', value: '5' },
      { name: 'zip', value: '01234' },
      { name: 'only-paid' },
      { name: 'since-day', value: 'null' },
      { name: 'tags', value: 'a,b' },
      { name: 'anything', value: '{"x":1}' },
    ]
    expect(typeParams(flags, schema)).toEqual({
      min: 5,
      zip: '01234',
      only_paid: true,
      sinceDay: null,
      tags: ['a', 'b'],
      anything: { x: 1 },
    })
  })

  it('refuse a value of another type and a name the tool does not have', () => {
    expect(() => typeParams([{ name: 'min', value: 'many' }], schema)).toThrow("takes a number, not 'many'")
    expect(() => typeParams([{ name: 'zip' }], schema)).toThrow('--zip needs a value')
    expect(() => typeParams([{ name: 'minn', value: '1' }], schema)).toThrow(
      expect.objectContaining({ code: 'CLI_USAGE', hint: 'Did you mean --min?' }),
    )
  })

  it('are told apart from the common options, wherever those stand', () => {
    expect(splitFlags(['--min', '-5', '--json', '--only-paid', '--project=sales', '--param', 'zip=1'])).toEqual({
      common: { json: true, project: 'sales' },
      params: { zip: 1 },
      flags: [{ name: 'min', value: '-5' }, { name: 'only-paid' }],
    })
  })

  it('refuse a word that belongs to no flag', () => {
    expect(() => splitFlags(['100'])).toThrow("'100' is not a parameter")
  })
})

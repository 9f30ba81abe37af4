// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what these tests are about.
import { analyse, parse } from '@super-data/jq'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileJqTemplate } from '../src/queries/templates/jq-template.ts'
import { compileSqlTemplate } from '../src/queries/templates/sql-template.ts'

const jq = (text: string) => compileJqTemplate(text).text
const sql = (text: string) => compileSqlTemplate(text).text

describe('a placeholder in jq', () => {
  it.each([
    ['in code is the variable', '.a > ${x}', '.a > $x  '],
    ['in a string is an interpolation', '"a ${x} b"', '"a \\($x) b"'],
    ['in code inside a string is the variable', '"a \\(1 + ${x})"', '"a \\(1 + $x  )"'],
    ['in a string inside a string is an interpolation', '"a \\("b ${x}")"', '"a \\("b \\($x)")"'],
    ['after a dot is an index', '.${x}', '.[$x]'],
    ['after a dot and blanks is an index', '.a. ${x}', '.a. [$x]'],
    ['after a dotted quote is an interpolated field', '."${x}"', '."\\($x)"'],
    ['before a colon is an object key', '{${x}: 1, b: ${y}}', '{($x): 1, b: $y  }'],
    ['before a colon further on is an object key', '{a: 1, ${x} # c\n : 2}', '{a: 1, ($x) # c\n : 2}'],
    ['in a quoted key is an interpolation', '{"${x}": 1}', '{"\\($x)": 1}'],
    ['as a value of an object is the variable', '{a: ${x}}', '{a: $x  }'],
    ['alone in an object is a shorthand', '{${x}}', '{$x  }'],
    ['in a slice is the variable', '.[${x}:${y}]', '.[$x  :$y  ]'],
    ['after a comment that ends in a dot is the variable', '# all.\n${x}', '# all.\n$x  '],
    ['after a comment with a brace is the key it is', '{ # {,\n${x}: 1}', '{ # {,\n($x): 1}'],
    ['after a string that ends in a dot is the variable', '"a.", ${x}', '"a.", $x  '],
    ['after an escaped backslash is an interpolation', '"\\\\${x}"', '"\\\\\\($x)"'],
    ['in a format is an interpolation', '@base64 "${x}"', '@base64 "\\($x)"'],
  ])('%s', (_, text, compiled) => {
    expect(jq(text)).toBe(compiled)
    expect(analyse(parse(jq(text))).variables.map(each => each.name)).toContain('x')
  })

  it('is refused in comments, with its offset', () => {
    for (const text of ['# ${x}', '. # ${x}\n| .', '# a \\\n${x}', '# a \\\r\n${x}', '"\\(. # ${x}\n)"']) {
      expect(() => jq(text), text).toThrow(
        expect.objectContaining({
          code: 'TEMPLATE_PLACE',
          kind: 'invalid',
          details: { parameter: 'x', offset: text.indexOf('$') },
        }),
      )
    }
    expect(jq('# two backslashes \\\\\n${x}')).toContain('$x')
    expect(jq('"# ${x}"')).toBe('"# \\($x)"')
  })

  it('leaves alone what is no placeholder', () => {
    for (const text of ['"${}"', '"${a b}"', '"${1}"', '"$x"', '$x', '"\\${x}"', '"$\\u007bx}"'])
      expect(jq(text)).toBe(text)
  })

  it('keeps every line where it is, and columns of code too', () => {
    const { text, places } = compileJqTemplate('.a\n| ${first} + oops')
    expect(text.indexOf('oops')).toBe('.a\n| ${first} + oops'.indexOf('oops'))
    expect(places).toEqual([{ name: 'first', offset: text.indexOf('$first') }])
  })
})

describe('a placeholder in SQL', () => {
  it.each([
    ['in code', 'select ${x}', 'select $x  '],
    ['after quotes', `select 'it''s', "a""b", \${x}`, `select 'it''s', "a""b", $x  `],
    ['after a comment', '-- c\nselect /* a /* b */ c */ ${x}', '-- c\nselect /* a /* b */ c */ $x  '],
    ['after an escaped quote', `select e'it\\'s', \${x}`, `select e'it\\'s', $x  `],
    ['after dollar quotes', 'select $$a$$, $t$b$$c$t$, ${x}', 'select $$a$$, $t$b$$c$t$, $x  '],
  ])('is the variable %s', (_, text, compiled) => expect(sql(text)).toBe(compiled))

  it.each([
    [`'\${x}'`, 'quotes'],
    [`"\${x}"`, 'quotes'],
    [`'it''s \${x}'`, 'quotes'],
    [`e'it\\'s \${x}'`, 'quotes'],
    ['$$ ${x} $$', 'quotes'],
    ['$t$ $$ ${x} $t$', 'quotes'],
    [`'never closed \${x}`, 'quotes'],
    ['-- ${x}', 'a comment'],
    ['/* ${x} */', 'a comment'],
    ['/* a /* b */ ${x} */', 'a comment'],
  ])('is refused in %s', (text, place) => {
    expect(() => sql(`select 1, ${text}`)).toThrow(expect.objectContaining({ code: 'TEMPLATE_PLACE' }))
    expect(() => sql(`select 1, ${text}`)).toThrow(place)
  })
})

describe('whatever the text', () => {
  const piece = fc.constantFrom(
    ...[
      '.a',
      '"',
      '\\(',
      ')',
      '(',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      '|',
      '# c',
      '\n',
      '\r\n',
      '\\',
      '\\\\',
      '.',
      ' ',
      'x',
      "'",
    ],
    ...['--', '/*', '*/', '$$', '$t$', '"a"', "'b'", "e'", '${x}', '${long_name}', '$', '${', '}'],
  )
  const text = fc.array(piece, { maxLength: 25 }).map(pieces => pieces.join(''))

  it('only placeholders change', () => {
    fc.assert(
      fc.property(text, given => {
        const plain = given.replaceAll('${x}', '').replaceAll('${long_name}', '')
        fc.pre(!/\$\{(x|long_name)\}/.test(plain))
        expect(jq(plain)).toBe(plain)
        expect(sql(plain)).toBe(plain)
      }),
    )
  })

  it('a text that becomes a program reads every placeholder as a free variable, or as a literal text', () => {
    let programs = 0
    fc.assert(
      fc.property(text, given => {
        const compiled = attempt(() => compileJqTemplate(given))
        const ast = compiled && attempt(() => parse(compiled.text))
        if (!compiled || !ast) return
        programs += compiled.places.length > 0 ? 1 : 0
        const free = analyse(ast).variables.map(variable => variable.position.offset)
        // What stands in parentheses begins with them.
        const begins = (at: number, offset: number) => /^(?:[(\s]|#.*\n)*$/.test(compiled.text.slice(at, offset))
        for (const { offset } of compiled.places) expect(free.some(at => at <= offset && begins(at, offset))).toBe(true)
      }),
      { numRuns: 5_000, examples: [['(${x})'], ['(\n(# c\n${x}))']] },
    )
    expect(programs).toBeGreaterThan(20)
  })
})

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

import { expect, it } from 'vitest'
import { CsvShape } from '../src/content/csv-shape.ts'

function check(text: string, within: 'quote' | 'backslash' = 'quote', chunkBytes = 1) {
  const shape = new CsvShape(within)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) shape.write(bytes.subarray(at, at + chunkBytes))
  shape.end()
}

it.each([
  'a,b\n1,2\n',
  'a,b\r\n1,"x\r\ny"\r\n,\r\n',
  'a,b\r1,2\r',
  '\ufeffa;b\n1,5;2\n',
  '\ufeff"a";b\n1,5;2\n',
  'a,"b;\n;c"\n1,2\n',
  'name\nx,y\n"z"\n',
  'a,b\n\n1,2\n\n',
  'a,b\n1,2,\n',
  'a,b,\n1,2,\n',
  'a,b\n1, "x,y"\n"x" ,2\n',
  'a,b\n"he said ""x, y""",5" pipe\n',
  'a\tb\n\t\n',
])('finds nothing wrong with %j', text => {
  expect(() => check(text)).not.toThrow()
  expect(() => check(text, 'quote', 1000)).not.toThrow()
})

it('takes a backslash before a quote only when asked to', () => {
  const text = 'a,b\n"x\\"y, z",1\n'
  expect(() => check(text, 'backslash')).not.toThrow()
  expect(() => check(text)).toThrow('line 2: something follows a closing quote')
})

it.each([
  ['a,b\n1,2,3\n', 'line 2 has 3 fields, the header has 2'],
  ['a,b\r\n\r\n1\r\n', 'line 3 has 1 field, the header has 2'],
  ['a,b\n1,2,,\n', 'line 2 has 4 fields, the header has 2'],
  ['a,b\n1,"2', 'line 2: a quote is not closed'],
])('says where %j is wrong', (text, problem) => {
  expect(() => check(text)).toThrow(problem)
})

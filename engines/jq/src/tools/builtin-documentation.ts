/** What a builtin is for, in one sentence, and how it is called. */
export interface Documentation {
  readonly name: string
  readonly arity: number
  /** As it is written in a program, e.g. `sub(regex; replacement)`. */
  readonly signature: string
  readonly documentation: string
}

/** One builtin a line: how it is called, then what it does. */
const text = `
IN(source): Whether the input is one of the outputs of source.
IN(needles; source): Whether any output of needles is one of the outputs of source.
INDEX(key): An object that finds each element of the input by its key, written as text.
INDEX(stream; key): An object that finds each output of stream by its key, written as text.
JOIN($index; key): Pairs each element of the input with the entry of the index that its key names.
JOIN($index; stream; key): Pairs each output of stream with the entry of the index that its key names.
JOIN($index; stream; key; joined): Pairs each output of stream with its entry of the index and runs joined on the pair.
abs: The number without its sign; numbers that have none stay as they were written.
acos: The arc cosine, in radians.
acosh: The inverse hyperbolic cosine.
add: The sum of all elements or values: numbers add up, texts and arrays are joined, objects merge; null of nothing.
add(f): The sum of all outputs of f.
all: Whether every element is true.
all(condition): Whether the condition holds for every element.
all(source; condition): Whether the condition holds for every output of source; stops at the first for which it does not.
any: Whether some element is true.
any(condition): Whether the condition holds for some element.
any(source; condition): Whether the condition holds for some output of source; stops at the first for which it does.
arrays: The input if it is an array, else nothing.
ascii: The character with this code.
ascii_downcase: The text with the letters A to Z made small; others stay.
ascii_upcase: The text with the letters a to z made capital; others stay.
asin: The arc sine, in radians.
asinh: The inverse hyperbolic sine.
atan: The arc tangent, in radians.
atan2(y; x): The angle of the point x, y, in radians.
atanh: The inverse hyperbolic tangent.
booleans: The input if it is true or false, else nothing.
bsearch(target): The index of target in a sorted array; if it is not there, -1 minus the index where it would go.
builtins: The names of all builtins, as name/arity.
capture(regex): An object of the named groups of the first match.
capture(regex; flags): An object of the named groups of each match, with flags such as "g" and "i".
cbrt: The cube root.
ceil: The number rounded up to a whole one.
combinations: Every way to take one element from each of the input's arrays.
combinations(n): Every list of n elements of the input, with repetition.
contains(part): Whether part is inside the input: a piece of a text, elements of an array, entries of an object, at any depth.
copysign(number; sign): The number with the sign of the second one.
cos: The cosine of an angle in radians.
cosh: The hyperbolic cosine.
date: The seconds since 1970 as text, e.g. "2015-03-05T23:51:47Z".
dateadd(unit; n): The input plus n; the unit is not looked at.
datesub(unit; n): The input minus n; the unit is not looked at.
debug: The input as it is, after telling it as a debug message.
debug(message): The input as it is, after telling each output of message as a debug message.
del(path): The input without what the path finds.
delpaths(paths): The input without what lies at these arrays of keys.
drem(x; y): The remainder of x over y, with the quotient rounded to the nearest whole number.
empty: Nothing: no output at all.
endswith(suffix): Whether the text ends in suffix.
env: An object of the environment variables the caller shows.
error: Raises the input as an error, for try and catch or to end the program.
error(message): Raises message as an error, for try and catch or to end the program.
exp: e to the power of the input.
exp10: 10 to the power of the input.
exp2: 2 to the power of the input.
explode: The code points of a text.
expm1: e to the power of the input, minus 1, exact near zero.
fabs: The number without its sign.
fdim(x; y): How far x is above y; 0 if it is not.
finites: The input if it is a number other than an infinity, else nothing.
first: The first element of an array.
first(f): The first output of f; f does not go on after it.
flatten: The array with the arrays inside it laid open, at any depth.
flatten(depth): The array with the arrays inside it laid open down to this depth.
floor: The number rounded down to a whole one.
fma(x; y; z): x times y plus z, rounded only once.
fmax(x; y): The greater of two numbers.
fmin(x; y): The lesser of two numbers.
fmod(x; y): The remainder of x over y, with the sign of x.
format(name): The input in a format such as "csv" or "base64", as @name does.
frexp: The number as a fraction from 0.5 up to 1 and a power of two, in an array.
from_entries: An object made from an array of {key, value} entries; k, name, v and others will do too.
fromdate: The seconds since 1970 of a text such as "2015-03-05T23:51:47Z".
fromdateiso8601: The seconds since 1970 of a text such as "2015-03-05T23:51:47Z".
fromjson: The value that a text holds as JSON.
fromstream(events): The values that a stream of [path, value] events describes.
gamma: The logarithm of the gamma function.
get_search_list: The places where modules are looked for.
getpath(path): What lies at an array of keys; null if nothing does.
gmtime: Seconds since 1970 as broken-down time in UTC: year, month from 0, day, hours, minutes, seconds, weekday, day of the year.
group_by(key): Arrays of the elements with equal keys, in the order of their keys.
gsub(regex; replacement): The text with every match replaced; named groups are fields of the replacement's input.
gsub(regex; replacement; flags): The text with every match replaced, with flags such as "i".
halt: Ends the program, with no further outputs.
halt_error: Ends the program with the input as its error message and exit code 5.
halt_error(code): Ends the program with the input as its error message and this exit code.
has(key): Whether the object has this key, or the array this index.
have_decnum: Whether numbers keep all their digits; they do.
have_literal_numbers: Whether numbers keep their digits as they were written; they do.
hypot(x; y): The square root of the sum of both squares.
implode: The text of an array of code points.
in(container): Whether the input is a key of container.
index(part): Where part first occurs in the input; null if nowhere.
indices(part): Where part occurs in the input, every place of it.
infinite: A number greater than all others.
input: The next input.
input_filename: The name of the file the current input came from.
input_line_number: How many lines of the current file have been read.
inputs: All inputs that are left, one after the other.
inside(whole): Whether the input is inside whole; contains the other way round.
isempty(f): Whether f has no output.
isfinite: Whether the number is no infinity.
isinfinite: Whether the number is an infinity.
isnan: Whether the number is NaN.
isnormal: Whether the number is neither zero, NaN, infinite nor too small to be exact.
iterables: The input if it is an array or an object, else nothing.
j0: The Bessel function of the first kind, order 0.
j1: The Bessel function of the first kind, order 1.
join(separator): The elements as one text with the separator between them; null counts as empty text.
keys: The keys of an object in order, or the indices of an array.
keys_unsorted: The keys of an object as they come, or the indices of an array.
last: The last element of an array.
last(f): The last output of f.
ldexp(x; exponent): x times 2 to the power of exponent.
leaf_paths: The path of every value inside that is no array and no object.
length: The number of elements, entries or characters; the absolute value of a number; 0 of null.
lgamma: The logarithm of the gamma function.
lgamma_r: The logarithm of the gamma function and the sign of that function, in an array.
limit(n; f): The first n outputs of f; f does not go on after them.
localtime: Seconds since 1970 as broken-down time; local time is UTC here.
log: The natural logarithm.
log10: The logarithm to base 10.
log1p: The natural logarithm of 1 plus the input, exact near zero.
log2: The logarithm to base 2.
logb: The exponent of the number as a power of two.
ltrim: The text without white space at its start.
ltrimstr(prefix): The text without the prefix, if it has it.
map(f): The array of the outputs of f on each element.
map_values(f): The same object or array with each value replaced by the first output of f; values without one go away.
match(regex): The first match: its offset, length, text and groups.
match(regex; flags): Each match: its offset, length, text and groups, with flags such as "g" and "i".
max: The greatest element; null of none.
max_by(key): The element with the greatest key; null of none.
min: The least element; null of none.
min_by(key): The element with the least key; null of none.
mktime: The seconds since 1970 of a broken-down time in UTC.
modf: The part after the point and the part before it, in an array.
modulemeta: What a module says about itself: metadata, imports and definitions.
nan: A number that is not a number; it is below all others and equal to none.
nearbyint: The number rounded to a whole one, halves to the even one.
nextafter(x; y): The number next to x in the direction of y.
nexttoward(x; y): The number next to x in the direction of y.
normals: The input if it is a normal number, else nothing.
not: true for false and null, else false.
now: The current time in seconds since 1970.
nth(n): The element with index n.
nth(n; f): The output of f with index n, counted from 0.
nulls: The input if it is null, else nothing.
numbers: The input if it is a number, else nothing.
objects: The input if it is an object, else nothing.
path(f): The array of keys that leads to each thing f finds.
paths: The path of everything inside the input.
paths(condition): The path of everything inside the input that the condition holds for.
pick(paths): Only what these paths find, at the places where it was.
pow(x; y): x to the power of y.
pow10: 10 to the power of the input.
range(to): The numbers from 0 up to, but without, to.
range(from; to): The numbers from one up to, but without, the other.
range(from; to; by): The numbers from one up to, but without, the other, in steps.
recurse: The input and everything inside it; the same as two dots.
recurse(f): The input, the outputs of f on it, the outputs of f on those, and so on.
recurse(f; condition): The input and what follows from it by f, as long as the condition holds.
repeat(f): The outputs of f on the input, again and again without end.
reverse: The array or text the other way round.
rindex(part): Where part last occurs in the input; null if nowhere.
rint: The number rounded to a whole one, halves to the even one.
round: The number rounded to a whole one, halves away from zero.
rtrim: The text without white space at its end.
rtrimstr(suffix): The text without the suffix, if it has it.
scalars: The input if it is no array and no object, else nothing.
scalb(x; exponent): x times 2 to the power of exponent.
scalbln(x; exponent): x times 2 to the power of exponent.
scan(regex): Every match as text, or as an array of its groups if there are any.
scan(regex; flags): Every match as text, or as an array of its groups, with flags such as "i".
select(condition): The input if the condition holds, else nothing.
setpath(path; value): The input with this value at an array of keys.
significand: The number scaled by a power of two to lie from 1 up to 2.
sin: The sine of an angle in radians.
sinh: The hyperbolic sine.
skip(n; f): The outputs of f without the first n.
sort: The array in order: null, false, true, numbers, texts, arrays, objects.
sort_by(key): The array in the order of its elements' keys; several keys are separated by commas.
split(separator): The parts of the text between the separators.
split(regex; flags): The parts of the text between the matches of regex.
splits(regex): Each part of the text between the matches of regex.
splits(regex; flags): Each part of the text between the matches of regex, with flags such as "i".
sqrt: The square root.
startswith(prefix): Whether the text starts with prefix.
stderr: The input as it is, after writing it to the error output without a line end.
strflocaltime(format): A time as text in a format such as "%d.%m.%Y"; local time is UTC here.
strftime(format): A time as text in a format such as "%Y-%m-%d", in UTC.
strings: The input if it is a text, else nothing.
strptime(format): The broken-down time that a text tells in a format such as "%Y-%m-%d".
sub(regex; replacement): The text with the first match replaced; named groups are fields of the replacement's input.
sub(regex; replacement; flags): The text with the first match replaced, or all with "g".
tan: The tangent of an angle in radians.
tanh: The hyperbolic tangent.
test(regex): Whether the text matches somewhere.
test(regex; flags): Whether the text matches somewhere, with flags such as "i".
tgamma: The gamma function.
to_entries: An array with a {key, value} entry for each key of the object.
toarray: The input if it is an array, else an array of it alone.
toboolean: The boolean that the text "true" or "false" names.
todate: Seconds since 1970 as text, e.g. "2015-03-05T23:51:47Z".
todateiso8601: Seconds since 1970 as text, e.g. "2015-03-05T23:51:47Z".
tojson: The input as JSON text.
tonumber: The number that a text tells.
tostream: Every leaf as a [path, value] event, and a [path] event at the end of each array and object.
tostring: The input as text: texts as they are, everything else as JSON.
transpose: Rows made columns; missing places become null.
trim: The text without white space at both ends.
trimstr(part): The text without the part at its start and at its end.
trunc: The number without its part after the point.
truncate_stream(events): The events of a stream with as many levels taken off their paths as the input says.
type: The name of the input's type: null, boolean, number, string, array or object.
unique: The array in order and without repetitions.
unique_by(key): The first element for each key, in the order of the keys.
until(condition; update): The input after as many updates as it takes for the condition to hold.
utf8bytelength: How many bytes the text takes as UTF-8.
values: The input unless it is null.
walk(f): The input with f applied to everything inside, innermost first, then to the whole.
while(condition; update): The input and its updates, one after the other, as long as the condition holds.
with_entries(f): The object with f applied to each of its {key, value} entries.
y0: The Bessel function of the second kind, order 0.
y1: The Bessel function of the second kind, order 1.
`

const formatText = `
text: The value as text, as tostring gives it.
json: The value as JSON text.
csv: An array as a row of comma-separated values, texts in double quotes.
tsv: An array as a row of tab-separated values.
html: The text with characters escaped that mean something to HTML.
uri: The text with everything but letters, digits and -_.~ percent-encoded.
urid: The text with percent-encoding undone.
sh: The value, or each of an array, quoted for a POSIX shell.
base64: The text's bytes as base64.
base64d: The text whose bytes are given as base64.
base32: The text's bytes as base32.
base32d: The text whose bytes are given as base32.
`

const keywordText = `
and: true if both sides are; the right one is not looked at when the left one is false.
as: Binds a name to each output of the left side: source as $name | body.
break: Ends the label of this name: no further outputs of what it encloses.
catch: What to do with the error of a try; the error is its input.
def: Defines a function: def name(arguments): body;
elif: Another condition of an if.
else: What an if gives when no condition holds; the input when left out.
end: Closes an if.
foreach: Like reduce, with an output after every step: foreach source as $x (initial; update; extract).
if: Chooses by a condition: if condition then a else b end.
import: Makes the functions of a module usable under a prefix, or its data under a variable.
include: Makes the functions of a module usable as they are.
label: A place that break ends: label $name | body.
module: What a module says about itself.
or: true if one side is; the right one is not looked at when the left one is true.
reduce: Folds all outputs into one value: reduce source as $x (initial; update).
then: What an if gives when its condition holds.
try: Catches errors: try body catch handler; without a handler errors are dropped.
`

let builtins: ReadonlyMap<string, Documentation> | undefined
let formats: ReadonlyMap<string, string> | undefined
let keywordMap: ReadonlyMap<string, string> | undefined

/** The documentation of a builtin by `name/arity`. */
export function documentationOf(key: string): Documentation | undefined {
  return allDocumentation().get(key)
}

/** The documentation of every builtin by `name/arity`. */
export function allDocumentation(): ReadonlyMap<string, Documentation> {
  builtins ??= new Map(entries(text).map(([signature, documentation]) => toDocumentation(signature, documentation)))
  return builtins
}

/** What `@name` does. */
export function formatDocumentation(name: string): string | undefined {
  formats ??= new Map(entries(formatText))
  return formats.get(name)
}

/** What a word of the language does. */
export function keywordDocumentation(word: string): string | undefined {
  keywordMap ??= new Map(entries(keywordText))
  return keywordMap.get(word)
}

function entries(lines: string): [string, string][] {
  return lines
    .trim()
    .split('\n')
    .map(line => {
      const at = line.indexOf(': ')
      return [line.slice(0, at), line.slice(at + 2)]
    })
}

function toDocumentation(signature: string, documentation: string): [string, Documentation] {
  const [name = '', args] = signature.split('(')
  const arity = args === undefined ? 0 : args.split(';').length
  return [`${name}/${arity}`, { name, arity, signature, documentation }]
}

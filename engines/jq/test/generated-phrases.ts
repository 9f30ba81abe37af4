/** What a value looks like, as far as the generator cares. */
export const types = [
  'null',
  'bool',
  'num',
  'str',
  'nums',
  'strs',
  'objs',
  'arrs',
  'arr',
  'obj',
  'entries',
  'seconds',
  'stamp',
  'any',
] as const
export type Type = (typeof types)[number]

/**
 * Phrases of the language by what they take and give: `input -> output: text`. Inside a text `%num%` is an expression on
 * the same input that gives a number, `%num>any%` one on a number and `%=num%` a
 * literal.
 */
const text = String.raw`
any -> any: .
any -> any: %any% , %any%
any -> any: %any% | %any%
any -> any: empty
any -> any: error(%any%)
any -> any: error
any -> any: try %any% catch %any>any%
any -> any: try error(%any%) catch .
any -> any: (%any%)?
any -> any: if %bool% then %any% else %any% end
any -> any: if %bool% then %any% elif %bool% then %any% else %any% end
any -> any: if %bool% , %bool% then %any% else %any% end
any -> any: %any% // %any%
any -> any: select(%bool%)
any -> any: first(%any%)
any -> any: last(%any% , %any%)
any -> any: limit(%=small% ; %any% , %any% , %any%)
any -> any: skip(%=small% ; %any% , %any% , %any%)
any -> any: nth(%=small% ; %any% , %any% , %any%)
any -> any: until(true ; .)
any -> any: [limit(4 ; repeat(%any%))]
any -> any: [limit(3 ; recurse(%any%))]
any -> any: [recurse(.[]? ; . != null)]
any -> any: [.. | scalars]
any -> any: [..]
any -> any: [..?]
any -> any: [recurse]
any -> any: values
any -> any: nulls
any -> any: booleans
any -> any: numbers
any -> any: strings
any -> any: arrays
any -> any: objects
any -> any: iterables
any -> any: scalars
any -> any: . == %any%
any -> any: . + null
any -> any: null + .
any -> any: getpath(["a", "b"])?
any -> any: getpath([])
any -> any: (%any% | tojson | fromjson)
any -> any: walk(if type == "number" then . + 1 else . end)
any -> any: walk(%any>any%)
any -> any: {a: %any%, b: %any%} | .b
any -> any: %any% as $__loc | $__loc
any -> any: $__loc__ | .line
any -> any: .a
any -> any: .a?
any -> any: .["b"]?
any -> any: .[0]?
any -> any: .[%any%]?
any -> any: .[]?
any -> any: .[%=small%:]?
any -> any: label $out | %any% , break $out , 1
any -> any: def f: %any%; f | f
any -> any: def f(g): g | g; f(%any%)
any -> any: def f($x; $y): [$x, $y]; f(%any% ; %any%)
any -> any: def f($x; g): $x | g; f(%any% ; %any>any%)
any -> any: def f: def g: %any%; g, g; [f]
any -> any: def f(x): x as $v | [$v, x]; f(%any%)
any -> any: def f($n): if $n > 0 then f($n - 1) else %any% end; f(3)
any -> any: to_entries?
any -> any: tostream
any -> any: fromstream(tostream)
any -> any: [tostream] | fromstream(.[])
any -> any: [1 | truncate_stream([[0], 1], [[1, 0], 2], [[1, 0]], [[1]])]
any -> any: . as $dot | [paths] | map(. as $p | $dot | getpath($p))
any -> any: [paths]
any -> any: [paths(%bool%)]
any -> any: [leaf_paths]
any -> any: [path(..)]
any -> any: path(.a[0]?)
any -> any: [path(.[]?)]
any -> any: pick(.a?)
any -> any: del(.[0]?)
any -> any: del(.a?)
any -> any: del(.[]?)
any -> any: del(..)
any -> any: delpaths([["a"], ["b"]])?
any -> any: to_entries? // 1
any -> any: @json
any -> any: @text
any -> any: input? // "none"
any -> any: [inputs]
any -> any: . as [$a, $b] | [$b, $a]
any -> any: . as {a: $x} | $x
any -> any: . as {$a, b: [$b]} | [$a, $b]
any -> any: . as {"a": $x, ("b", "c"): $y} | [$x, $y]
any -> any: . as {$a: [$p]} | [$a, $p]
any -> any: . as [$a] ?// {a: $a} ?// $a | [$a]
any -> any: .[]? as [$a] ?// $a | [$a]
any -> any: [.[]? as {a: $a} ?// [$a] | $a]
any -> any: %any% as $x | %any% as $y | [$x, $y]
any -> any: reduce %any% as $x (%any% ; [., $x])
any -> any: reduce (%any% , %any%) as [$x, $y] (null ; [., $x, $y])
any -> any: [foreach (%any% , %any%) as $x (0 ; . + 1)]
any -> any: [foreach (%any% , %any%) as $x (0 ; . + 1 ; [$x, .])]
any -> any: [foreach range(4) as $i (%any% ; %any>any% ; .)]
any -> any: reduce range(3) as $i (%any% ; %any>any%)
any -> any: isempty(%any%)
any -> any: isempty(empty)
any -> any: IN(%any% , %any%)
any -> any: IN(%any% ; %any%)
any -> any: any(%any% , %any% ; .)
any -> any: all(%any% , %any% ; .)
any -> any: have_literal_numbers
any -> any: splits("a")?
any -> any: .a = %any%
any -> any: .a |= %any>any%
any -> any: .a += %any%
any -> any: .a //= %any%
any -> any: .[0]? = %any%
any -> any: (.a , .b)? = %any%
any -> any: .a.b.c = %any%
any -> any: .a["b"] |= %any>any%
any -> any: .[1:3] = %arr%
any -> any: .[1:3] |= %any>any%
any -> any: .[]? |= %any>any%
any -> any: .[]? += %any%
any -> any: (.. | scalars) |= %any>any%
any -> any: (.. | numbers) += 1
any -> any: (.a? // .b?) = 1
any -> any: (if %bool% then .a? else .b? end) = 1
any -> any: (first(.a?, .b?)) = 2
any -> any: (limit(1; .[]?)) = 3
any -> any: (.[]? | select(%any>bool%)) = 4
any -> any: (getpath(["a", "x"])?) = 5
any -> any: (label $l | .a?, break $l) = 6
any -> any: try (.a | error("up")) catch .
any -> any: ltrimstr(%any%)
any -> any: rtrimstr(%any%)
any -> any: trimstr(%any%)
any -> any: splits(%any%)
any -> any: tojson
num -> str: 65 | ascii
any -> any: add(%any% , %any%)
any -> any: getpath(%any%)
any -> any: setpath(%any% ; %any%)
any -> any: has(%any%)
any -> any: contains(%any%)
any -> any: inside(%any%)
any -> any: indices(%any%)
any -> any: index(%any%)
any -> any: limit(%any% ; 1, 2)
any -> any: join(%any%)
any -> any: test(%any%)
any -> any: flatten(%any%)
any -> any: range(%any%)
any -> any: .[%any% : %any%]
any -> any: %any% + %any%
any -> any: %any% - %any%
any -> any: %any% * %any%
any -> any: %any% / %any%
any -> any: %any% % %any%
any -> any: -(%any%)
any -> any: with_entries(.value |= %any>any%)
any -> any: # the rest is a comment
any -> any: {(%any%): 1}
any -> any: {"a b": %any%}."a b"
any -> any: {a: (%any% , %any%)}
any -> any: {if: 1, then: 2, and: %any%} | .and
any -> any: %any% as $x | {$x, "y": $x, "\($x | type)": 1, @base64 "k": 2}
any -> any: "\(%any%)-\(%any%)"
any -> any: @json "x\(%any%)y"
any -> any: @html "<i>\(%any%)</i>"
any -> any: @uri "?q=\(%any%)"
any -> any: @base64 "\(%any%)"
any -> any: @sh "echo \(%any%)"
any -> any: @csv "\(%arr%)"
any -> any: @tsv "\(%arr%)"
any -> any: tojson | @base64 | @base64d
any -> any: format("json")
any -> any: format(%str%)
any -> str: type
any -> str: tostring
any -> str: tojson
any -> bool: not
any -> bool: . == %any%
any -> bool: . != %any%
any -> bool: %num% < %num%
any -> bool: %any% <= %any%
any -> bool: %any% > %any%
any -> bool: %any% >= %any%
any -> bool: %bool% and %bool%
any -> bool: %bool% or %bool%
any -> bool: type == "number"
any -> bool: %nums% | any
any -> bool: %nums% | all
any -> num: length
any -> num: [%any% , %any%] | length
any -> num: %num% + %num%
any -> num: [.[]?] | length
any -> num: infinite
any -> num: nan
any -> num: now | floor | . * 0
any -> num: 1e3
any -> num: 1e-5
any -> num: 100000000000000000000
any -> num: 3.14159265358979
any -> nums: [range(%=small%)]
any -> nums: [range(%=num% ; %=num%)]
any -> nums: [range(0 ; %=small% ; %=num%)]
any -> nums: [range(%=small% , %=small%)]
any -> nums: [limit(5 ; %num% | while(. < 50 ; . * 2 + 1))]
any -> nums: [%num%, %num%, %num%]
any -> strs: [%str%, %str%]
any -> arrs: [%nums%, %nums%]
any -> arr: [%any%, %any%, %any%]
any -> arr: [%any%]
any -> arr: []
any -> objs: [%obj%, %obj%]
any -> obj: {a: %num%, b: %str%, c: %nums%}
any -> obj: {a: %any%}
any -> obj: {}
any -> entries: [{key: %str%, value: %any%}, {k: %str%, v: %any%}, {name: %str%, value: %any%}]
null -> any: . + %any%
null -> null: .a
null -> null: .[0]
null -> null: .[1:]
null -> num: length
null -> arr: .[2] = 1
null -> obj: .a.b = 1
null -> bool: not
null -> any: setpath(["a", 0]; 1)
null -> any: error(null)
null -> any: try error(null) catch .
bool -> bool: not
bool -> bool: . and %bool%
bool -> bool: . or %bool%
bool -> str: tostring
bool -> any: toboolean
bool -> any: if . then %any% end
num -> num: . + %num%
num -> num: . - %num%
num -> num: . * %num%
num -> num: . / %num%
num -> num: . % %num%
num -> num: -.
num -> num: -(. + 1)
num -> num: floor
num -> num: ceil
num -> num: round
num -> num: trunc
num -> num: rint
num -> num: nearbyint
num -> num: sqrt
num -> num: fabs
num -> num: abs
num -> num: cbrt
num -> num: significand
num -> num: logb
num -> num: exp
num -> num: exp2
num -> num: exp10
num -> num: expm1
num -> num: log
num -> num: log2
num -> num: log10
num -> num: log1p
num -> num: sin
num -> num: cos
num -> num: tan
num -> num: asin
num -> num: acos
num -> num: atan
num -> num: sinh
num -> num: cosh
num -> num: tanh
num -> num: asinh
num -> num: acosh
num -> num: atanh
num -> num: gamma
num -> num: lgamma
num -> num: tgamma
num -> arr: lgamma_r
num -> num: pow10
num -> num: j0
num -> num: j1
num -> num: y0
num -> num: y1
num -> arr: frexp
num -> arr: modf
num -> num: pow(. ; %=num%)
num -> num: pow(%num% ; 2)
num -> num: atan2(. ; %num%)
num -> num: copysign(. ; %num%)
num -> num: drem(. ; %num%)
num -> num: fdim(. ; %num%)
num -> num: fmax(. ; %num%)
num -> num: fmin(. ; %num%)
num -> num: fmod(. ; %num%)
num -> num: hypot(. ; %num%)
num -> num: ldexp(. ; %=small%)
num -> num: scalb(. ; %=small%)
num -> num: scalbln(. ; %=small%)
num -> num: nextafter(. ; %num%)
num -> num: nexttoward(. ; %num%)
num -> num: fma(. ; %num% ; %num%)
num -> num: length
num -> num: tostring | tonumber
num -> num: tonumber
num -> num: normals
num -> num: finites
num -> num: until(. > 20 ; . * 2 + 1)
num -> num: . as $n | reduce range(4) as $i (0 ; . + $i * $n)
num -> bool: isnan
num -> bool: isinfinite
num -> bool: isnormal
num -> bool: isfinite
num -> bool: . < %num%
num -> bool: . >= %num%
num -> bool: . % 2 == 0
num -> str: tostring
num -> str: tojson
num -> str: [. | floor | fabs | . % 1000 + 32] | implode
num -> str: "ab" * (. % 10)
num -> nums: [., %num%]
num -> nums: [limit(9 ; range(. ; . + 3))]
num -> nums: [while(. < 30 ; . * 2 + 1)] | .[:8]
num -> arr: toarray
num -> any: 1 + 2 * . - 3
num -> any: . - 1 - 2
num -> any: 8 / 4 / . , 7 % 4 * 2
num -> any: 1 , 2 | . + 1
num -> any: . // 2 // 3 + 1
num -> any: null // 1 + .
num -> any: . == 1 or . > 2 and . < 3
num -> any: 1 as $x | 2 as $y | $x + $y * .
num -> any: try error("x") // 1
num -> any: -1 + .
num -> any: (. < 2) == true
num -> any: [.[]?] + [.]
num -> any: 1 - . | -. , 2
num -> any: def f: . + 1; f * f
num -> any: reduce (1, 2) as $i (0; . + $i) | . + 1
str -> str: . + %str%
str -> str: ascii_downcase
str -> str: ascii_upcase
str -> str: ltrimstr(%=str%)
str -> str: rtrimstr(%=str%)
str -> str: trimstr(%=str%)
str -> str: trim
str -> str: ltrim
str -> str: rtrim
str -> str: .[%=num%:]
str -> str: .[:%=num%]
str -> str: .[%=small%:%=small%]
str -> str: . * %=small%
str -> str: explode | implode
str -> str: explode | reverse | implode
str -> str: @text
str -> str: @json
str -> str: @html
str -> str: @uri
str -> str: @sh
str -> str: @base64
str -> str: @base64d
str -> str: @base64 | @base64d
str -> str: @base32
str -> str: @base32 | @base32d
str -> str: @uri | @urid
str -> str: tostring
str -> str: sub(%=regex% ; %=str%)
str -> str: sub(%=regex% ; "<\(.)>")
str -> str: sub("(?<x>[a-z])" ; .x + .x)
str -> str: sub(%=regex% ; "_" ; %=flags%)
str -> str: gsub(%=regex% ; "-")
str -> str: gsub("(?<x>[a-z])(?<y>.)?" ; "\(.y)\(.x)")
str -> str: gsub(%=regex% ; "a", "b")
str -> str: gsub(%=regex% ; "_" ; %=flags%)
str -> strs: split(%=str%)
str -> strs: . / %=str%
str -> strs: split(%=regex% ; %=flags%)
str -> strs: [splits(%=regex%)]
str -> strs: [splits(%=regex% ; "i")]
str -> arr: [match(%=regex%) | .offset, .length, .string]
str -> arr: [match(%=regex% ; "g")]
str -> arr: [match(%=regex% ; %=flags%)]
str -> arr: [match([%=regex%, "g"]) | .captures]
str -> any: [capture("(?<first>[a-z]+)(?<digits>[0-9]*)")]
str -> any: [capture("(?<w>\\w)" ; "g")]
str -> arr: [scan(%=regex%)]
str -> arr: [scan("([a-z])(.)")]
str -> arr: [scan(%=regex% ; "i")]
str -> bool: test(%=regex%)
str -> bool: test(%=regex% ; %=flags%)
str -> bool: startswith(%=str%)
str -> bool: endswith(%=str%)
str -> bool: contains(%=str%)
str -> bool: inside(%=str%)
str -> bool: . < %str%
str -> num: length
str -> num: utf8bytelength
str -> num: tonumber
str -> num: index(%=str%)
str -> num: rindex(%=str%)
str -> nums: indices(%=str%)
str -> nums: explode
str -> any: fromjson
str -> any: tojson | fromjson
str -> any: toboolean
str -> any: .[0]
str -> any: .a
str -> any: {(.): 1}
str -> any: {a: .} | has("a")
str -> any: @csv "\([., 1])"
str -> any: . as $k | {a: 1} | .[$k]
nums -> num: add
nums -> num: min
nums -> num: max
nums -> num: length
nums -> num: .[%=small%]
nums -> num: .[-1]
nums -> num: first
nums -> num: last
nums -> num: nth(%=small%)
nums -> num: reduce .[] as $x (0 ; . + $x)
nums -> num: index(%=num%)
nums -> num: rindex(%=num%)
nums -> num: bsearch(%=num%)
nums -> any: .[]
nums -> any: .[] as $x | $x * 2
nums -> any: sort | bsearch(%num%)
nums -> any: implode
nums -> nums: map(%num>num%)
nums -> nums: map(select(%num>bool%))
nums -> nums: sort
nums -> nums: sort_by(%num>any%)
nums -> nums: unique
nums -> nums: reverse
nums -> nums: .[%=num%:]
nums -> nums: .[:%=num%]
nums -> nums: .[%=num%:%=num%]
nums -> nums: . + %nums%
nums -> nums: . - %nums%
nums -> nums: .[%=small%] = %num%
nums -> nums: .[%=num%] |= %num>num%
nums -> nums: .[] += 1
nums -> nums: .[] -= %num%
nums -> nums: .[] *= 2
nums -> nums: .[] /= 2
nums -> nums: .[] %= 3
nums -> nums: (.[] | select(%num>bool%)) |= empty
nums -> nums: .[1:] |= map(%num>num%)
nums -> nums: .[:2] = %nums%
nums -> nums: del(.[%=small%])
nums -> nums: del(.[0, 2])
nums -> nums: del(.[] | select(%num>bool%))
nums -> nums: del(.[1:3])
nums -> nums: to_entries | map(.value)
nums -> nums: [limit(%=small% ; .[])]
nums -> nums: [skip(%=small% ; .[])]
nums -> nums: [foreach .[] as $x (0 ; . + $x)]
nums -> nums: [.[] as $x | $x]
nums -> nums: indices(%=num%)
nums -> nums: indices([1])
nums -> nums: indices([1, 2])
nums -> nums: flatten
nums -> nums: [first(.[]), last(.[])]
nums -> nums: [.[] | numbers]
nums -> nums: [nth(0, 1; .[])]
nums -> nums: unique_by(%num>any%)
nums -> nums: [.[]] | map_values(%num>num%)
nums -> nums: map_values(empty)
nums -> nums: tojson | fromjson
nums -> nums: [paths | .[0]]
nums -> nums: [getpath([0], [1])]
nums -> bool: any
nums -> bool: all
nums -> bool: any(. > %=num%)
nums -> bool: all(. > %=num%)
nums -> bool: any(.[] ; . > 1)
nums -> bool: all(.[] ; . > 1)
nums -> bool: has(%=small%)
nums -> bool: contains([%=num%])
nums -> bool: inside([1, 2, 3, 4, 5])
nums -> bool: isempty(.[])
nums -> bool: . == sort
nums -> bool: IN([1], [2], [1, 2, 3])
nums -> bool: IN(.[] ; 1, 2)
nums -> str: @csv
nums -> str: @tsv
nums -> str: @sh
nums -> str: tojson
nums -> str: join(",")
nums -> str: join(%=str%)
nums -> strs: map(tostring)
nums -> arrs: group_by(%num>any%)
nums -> arrs: [combinations(2)] | .[:6]
nums -> arrs: [., .] | transpose
nums -> arrs: [.[:2], .[2:]]
nums -> arr: [.[] | if %num>bool% then . else "no" end]
nums -> num: min_by(%num>any%)
nums -> num: max_by(%num>any%)
nums -> obj: {a: .[0], b: .[1]}
nums -> obj: with_entries(.value += 1)
nums -> any: . as [$a, $b] | {a: $a, b: $b}
nums -> any: . as [$a, [$b]] | [$a, $b]
nums -> any: . as [$a] | $a
nums -> any: .[1.7]
nums -> any: .[1.2:3.5]
nums -> any: .[nan]
nums -> any: limit(2 ; .[]) as $x | $x
nums -> any: label $f | .[] | if . > 1 then ., break $f else . end
nums -> any: [label $f | foreach .[] as $x (0 ; . + $x ; if . > 3 then ., break $f else . end)]
nums -> any: [.[] | (1 / .)?]
nums -> any: [.[] | try (if . > 1 then error("big") else . end) catch "caught"]
nums -> any: [splits("a")?]
nums -> any: tostream
nums -> any: [.[] | [., 1] | tojson]
strs -> str: join(%=str%)
strs -> str: add
strs -> str: first
strs -> str: .[0]
strs -> str: @csv
strs -> str: @tsv
strs -> str: @sh
strs -> str: @json
strs -> str: @html
strs -> str: min
strs -> str: max
strs -> strs: map(%str>str%)
strs -> strs: sort
strs -> strs: sort_by(length)
strs -> strs: unique
strs -> strs: unique_by(length)
strs -> strs: map(ascii_downcase)
strs -> strs: map(select(test(%=regex%)))
strs -> strs: . - %strs%
strs -> strs: .[] |= %str>str%
strs -> arrs: map(explode)
strs -> arrs: group_by(length)
strs -> obj: [.[] | {(.): length}] | add
strs -> obj: reduce .[] as $k ({} ; .[$k] += 1)
strs -> obj: INDEX(.)
strs -> nums: map(length)
strs -> nums: indices(%=str%)
strs -> bool: index("a") == null
strs -> bool: contains(["a"])
strs -> bool: inside(["a", "bc", "abc"])
strs -> bool: any(. == "a")
strs -> any: .[] | tonumber?
strs -> any: combinations(2)?
strs -> any: join(", ", "-")
strs -> any: [.[] | ltrimstr("a", "b")]
objs -> nums: map(.a)
objs -> strs: map(.b)
objs -> arr: map(.c)
objs -> any: .[].b
objs -> any: .[0].c[1]?
objs -> any: .[0]["a"]
objs -> any: map(has("a"))
objs -> any: map(in({"a": 1}))?
objs -> any: map(keys)
objs -> any: map(to_entries)
objs -> any: map(.c? // [] | length)
objs -> any: map({a, b})
objs -> any: map({a: .a, n: (.c | length)})
objs -> any: map({(.b): .a})?
objs -> any: [.[] | {a: .a, x: .c[]?}]
objs -> any: [.[] as {a: $x, b: $y} | [$x, $y]]
objs -> any: [.[] as {$a, c: [$first]} | {$a, $first}]
objs -> any: INDEX(.b)
objs -> any: INDEX(.[] ; .a)
objs -> any: [JOIN(INDEX(.a) ; .a)]
objs -> any: [JOIN(INDEX(.a) ; .[] ; .a | tostring)]
objs -> any: [JOIN(INDEX(.a) ; .[] ; .a | tostring ; add)]
objs -> any: group_by(.a) | map(length)
objs -> any: group_by(.b) | map({b: .[0].b, sum: (map(.a) | add)})
objs -> any: tojson
objs -> any: [paths]
objs -> any: map(del(.a))
objs -> any: map(del(.a, .b))
objs -> any: del(.[].a)
objs -> any: del(.[0, 1].c)
objs -> any: map(.a += 1)
objs -> any: .[].a |= %any>any%
objs -> any: .[0].c[0] = %any%
objs -> any: map_values(.a)
objs -> any: [.[].c | first?]
objs -> any: (map(keys) | add | unique) as $k | map([.[$k[]]])
objs -> objs: sort_by(.a)
objs -> objs: sort_by(.b)
objs -> objs: sort_by(.b , .a)
objs -> objs: sort_by(-.a)?
objs -> objs: map(select(.a > %=num%))
objs -> objs: map(select(.b | test(%=regex%))?)
objs -> objs: unique_by(.a)
objs -> objs: unique
objs -> objs: sort
objs -> objs: map(. + {a: 1})
objs -> objs: map(. * {c: {d: 1}})
objs -> objs: map(with_entries(select(.key != "a")))
objs -> objs: map(pick(.a))
objs -> objs: [.[] | select(.c? | length > 0)]
objs -> arrs: group_by(.a)
objs -> arrs: map([.a, .b])
objs -> obj: min_by(.a)
objs -> obj: max_by(.a)
objs -> obj: max_by(.b)
objs -> obj: add
objs -> obj: .[0]
objs -> obj: first
objs -> obj: map({key: .b, value: .a}) | from_entries
objs -> obj: reduce .[] as {a: $a, b: $b} ({} ; .[$b | tostring] += [$a])
objs -> obj: reduce .[] as $o ({} ; . * $o)
arrs -> nums: flatten
arrs -> nums: add
arrs -> nums: flatten(1)
arrs -> arrs: transpose
arrs -> arrs: map(%nums>nums%)
arrs -> arrs: sort
arrs -> arrs: sort_by(length)
arrs -> arrs: unique
arrs -> arrs: [combinations] | .[:8]
arrs -> arrs: . - [[1]]
arrs -> any: .[0][1]
arrs -> any: .[][0]?
arrs -> any: [.[] as [$x, $y] | {$x, $y}]
arrs -> any: .[1][1:] = [9]
arrs -> any: [paths]
arrs -> any: [path(..)]
arrs -> any: map(add)
arrs -> any: max_by(length)
arrs -> any: getpath([0, 1])
arrs -> any: setpath([0, 1]; 7)
arrs -> any: delpaths([[0, 0], [1]])
arrs -> any: .[] |= (.[0] // empty)
arrs -> any: [.[] | @csv]
arrs -> any: contains([[1]])
arrs -> any: indices([[1, 2]])
arrs -> any: [limit(3 ; .[][])]
arrs -> any: to_entries
arrs -> any: [tostream]
arrs -> any: fromstream(1 | truncate_stream([[0, 0], 1], [[0, 0]]))
arrs -> any: [getpath(paths(type == "number"))]
arr -> arr: map(type)
arr -> arr: sort
arr -> arr: unique
arr -> arr: reverse
arr -> arr: flatten
arr -> arr: map(tojson)
arr -> arr: group_by(type)
arr -> arr: sort_by(type)
arr -> arr: map(values)
arr -> arr: [.[] | scalars]
arr -> arr: . + %arr%
arr -> arr: . - %arr%
arr -> arr: .[%=num%:%=num%]
arr -> arr: del(.[%=num%])
arr -> arr: .[%=num%] = %any%
arr -> arr: .[%=small%] |= %any>any%
arr -> arr: map(%any>any%)
arr -> arr: map(%any>any%)?
arr -> arr: [.[] | %any>any%]
arr -> arr: [.[] | (%any>any%)?]
arr -> arr: unique_by(type)
arr -> arr: to_entries
arr -> arr: toarray
arr -> any: add
arr -> any: min
arr -> any: max
arr -> any: min_by(type)
arr -> any: max_by(%any>any%)
arr -> any: .[]
arr -> any: first
arr -> any: last
arr -> any: any
arr -> any: all
arr -> any: length
arr -> any: join(",")
arr -> any: @csv
arr -> any: @tsv
arr -> any: @sh
arr -> any: @json
arr -> any: implode
arr -> any: index(%=num%)
arr -> any: indices(null)
arr -> any: contains([null])
arr -> any: inside([null, 1, "a"])
arr -> any: has(%=small%)
arr -> any: .[-1:]
arr -> any: tostream
arr -> any: from_entries
arr -> any: transpose
arr -> any: combinations
arr -> any: walk(%any>any%)
arr -> any: .["a"]?
arr -> any: map(in([0, 1]))
arr -> any: splits("x")
obj -> num: .a
obj -> num: length
obj -> str: .b
obj -> str: .b?
obj -> str: ."b"
obj -> str: .["b"]
obj -> nums: .c
obj -> nums: .c?
obj -> any: .d
obj -> any: .c[0]
obj -> any: .c[]?
obj -> any: .a.x?
obj -> any: .d.e.f?
obj -> any: .[]
obj -> any: ."\("a")"
obj -> any: .["a", "b"]
obj -> any: .[("a", "b")]?
obj -> any: [.a, .b]
obj -> any: keys
obj -> any: keys_unsorted
obj -> any: to_entries
obj -> any: map(type)
obj -> any: [.[] | type]
obj -> any: has("a")
obj -> any: has("a", "x")
obj -> any: . as $o | "a" | in($o)
obj -> any: contains({a: 1})
obj -> any: contains({b: "a"})
obj -> any: inside({a: 1, b: "abc"})
obj -> any: any
obj -> any: all
obj -> any: add
obj -> any: map(.)
obj -> any: tojson
obj -> any: tostream
obj -> any: [paths]
obj -> any: [paths(type == "number")]
obj -> any: [leaf_paths]
obj -> any: path(.a, .b)
obj -> any: path(.c[0])
obj -> any: path(.c | first)
obj -> any: path(getpath(["c", 0]))
obj -> any: path(.a | select(. != null))
obj -> any: [path(..)]
obj -> any: try path(.a + 1) catch .
obj -> any: try path([.a]) catch .
obj -> any: . as {a: $x, b: $y} | [$x, $y]
obj -> any: . as {$a, $b, c: [$c]} | {$a, $b, $c}
obj -> any: . as {"a": $x, "b\("")": $y} | [$x, $y]
obj -> any: getpath(["c", 0])
obj -> any: getpath(["a"], ["b"])
obj -> any: getpath(["x", "y", "z"])
obj -> any: @json
obj -> any: @text
obj -> any: @csv "\([.a, .b])"
obj -> any: "\(.a) and \(.b)"
obj -> any: .a as $x | .b as $y | [$x, $y]
obj -> any: [.. | numbers]
obj -> any: .a and .b
obj -> any: .z // .a
obj -> any: (.a, .z) // 7
obj -> any: .c |= map(. + 1)
obj -> any: .a < .b
obj -> any: . == {a: .a, b: .b}
obj -> any: {} | .a.b |= 1
obj -> any: min_by(.a)?
obj -> any: sort?
obj -> any: walk(if type == "object" then del(.a) else . end)
obj -> any: splits("a")?
obj -> any: .. |= .
obj -> any: .a |= empty
obj -> any: [.[]?, ..?]
obj -> any: env | type
obj -> any: limit(1 ; .[])
obj -> obj: . + %obj%
obj -> obj: . * %obj%
obj -> obj: . * {c: {x: 1}}
obj -> obj: del(.a)
obj -> obj: del(.a, .b)
obj -> obj: del(.c[0])
obj -> obj: del(.[])
obj -> obj: delpaths([["a"], ["c", 0]])
obj -> obj: delpaths([paths(type == "number")])
obj -> obj: .a = %any%
obj -> obj: .a = .b
obj -> obj: .a |= %any>any%
obj -> obj: .a += 1
obj -> obj: .a -= 1
obj -> obj: .a *= 2
obj -> obj: .a /= 2
obj -> obj: .a %= 2
obj -> obj: .z //= %any%
obj -> obj: .a += (1, 2)
obj -> obj: .a = (1, 2)
obj -> obj: .a |= (., 5)
obj -> obj: .c[1] = %any%
obj -> obj: .c[0] += 1
obj -> obj: .c[-1] = 5
obj -> obj: .c += [1]
obj -> obj: .["x", "y"] = 1
obj -> obj: .x.y.z = %any%
obj -> obj: .x[2] = 1
obj -> obj: (.a, .b) = %any%
obj -> obj: (.a, .b) |= tostring
obj -> obj: .[] |= tojson
obj -> obj: .[] = 1
obj -> obj: .. = 1
obj -> obj: map_values(%any>any%)
obj -> obj: map_values(tostring)
obj -> obj: map_values(empty)
obj -> obj: with_entries(.key |= ascii_upcase)
obj -> obj: with_entries(select(.value != null))
obj -> obj: with_entries(.value |= tostring)
obj -> obj: to_entries | from_entries
obj -> obj: setpath(["x"]; %any%)
obj -> obj: setpath(["c", 0]; %any%)
obj -> obj: pick(.a)
obj -> obj: pick(.c[1])
obj -> obj: pick(.a, .b)
obj -> obj: {a, b}
obj -> obj: {a: .b, b: .a}
obj -> obj: {"x": .a, (.b | tostring): 1}
obj -> obj: {a: (.a, .b)}
obj -> obj: {c: .c[]?}
obj -> obj: . as {$a} | {$a, z: $a}
obj -> obj: {@base64 "x": 1}
obj -> obj: reduce to_entries[] as {key: $k, value: $v} ({} ; .[$k + "x"] = $v)
obj -> obj: tojson | fromjson
obj -> obj: {a: 1} + .
obj -> obj: fromstream(tostream)
entries -> obj: from_entries
entries -> any: from_entries
entries -> any: map(.value)
entries -> any: map(.key // .k // .name)
seconds -> stamp: todate
seconds -> stamp: todateiso8601
seconds -> stamp: strftime("%Y-%m-%dT%H:%M:%SZ")
seconds -> str: strftime("%A, %B %d, %Y")
seconds -> str: strftime("%j %U %w %e %I %p %y %C %u %V %G")
seconds -> str: strftime("%H:%M:%S %%")
seconds -> str: strftime("%Z")
seconds -> str: strftime("%D %F %T %R %c")
seconds -> str: gmtime | strftime("%a %b")
seconds -> str: localtime | strftime("%H")
seconds -> str: strflocaltime("%Y %H")
seconds -> arr: gmtime
seconds -> seconds: gmtime | mktime
seconds -> any: dateadd("seconds" ; 10)
seconds -> any: datesub("seconds" ; 10)
seconds -> any: date
stamp -> seconds: fromdate
stamp -> seconds: fromdateiso8601
stamp -> arr: strptime("%Y-%m-%dT%H:%M:%SZ")
stamp -> seconds: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime
stamp -> any: .[:10] | strptime("%Y-%m-%d")
stamp -> any: .[:10] | strptime("%Y-%m-%d") | mktime | todate
stamp -> any: strptime("%d/%m/%Y")
stamp -> str: .[:10]
`

export interface Phrase {
  readonly input: Type
  readonly output: Type
  readonly text: string
}

/** Every phrase of the grammar, in the order it is written. */
export const phrases: readonly Phrase[] = text
  .trim()
  .split('\n')
  .map(line => {
    const [, input, output, words] = /^(\w+) -> (\w+): (.*)$/.exec(line) ?? []
    return { input: input as Type, output: output as Type, text: words ?? '.' }
  })

/** The options, for people. */
export function helpText(name: string): string {
  return `Usage: ${name} [options] PROGRAM [files...]
       ${name} [options] --args PROGRAM [strings...]
       ${name} [options] --jsonargs PROGRAM [JSON texts...]

Runs a jq program on files or standard input. The options are those of jq 1.8:
  -n, --null-input          run once, with null as the input
  -R, --raw-input           read lines of text instead of JSON
  -s, --slurp               read all inputs into one array
      --stream              read every input as a stream of [path, value] events
      --stream-errors       the same, and a broken input ends in an event
      --seq                 inputs and outputs are separated by the character RS
  -c, --compact-output      one line for each output
  -r, --raw-output          print strings as they are
      --raw-output0         as -r, with NUL instead of line ends
  -j, --join-output         as -r, and no line ends
  -a, --ascii-output        escape everything that is not ASCII
  -S, --sort-keys           sort the keys of objects
  -C, --color-output        with colours, which JQ_COLORS can change
  -M, --monochrome-output   without colours
      --tab                 indent by tabs
      --indent N            indent by N spaces, 7 at most
      --unbuffered          write every output at once
  -e, --exit-status         exit 1 when the last output is false or null, 4 when there is none
  -f, --from-file           the program is in the file that stands in its place
  -L, --library-path DIR    where modules are found, beside the folder of the program
      --arg NAME TEXT       $NAME is a string
      --argjson NAME JSON   $NAME is JSON
      --slurpfile NAME FILE $NAME is the array of values in a file
      --rawfile NAME FILE   $NAME is the text of a file
      --args, --jsonargs    the words after the program are $ARGS.positional
      --fmt                 print the program in canonical form instead of running it
      --lint                say what is wrong or odd about the program instead of running it
  -h, --help                this text
  -V, --version             the version of the language
      --build-configuration what this was built as
      --                    what follows is no option

Exit codes: 0 done, 2 wrong options or a file that cannot be read, 3 the program does not compile, 5 it failed or an
input is no JSON; what halt_error says.

Examples:
  ${name} '.[] | select(.total > 100)' orders.json
  curl -s https://example.com/data.json | ${name} -r '.items[].name'
`
}

/** What is said when no program is given. */
export function shortHelp(name: string): string {
  return `Usage: ${name} [options] PROGRAM [files...]\n\nFor listing the command options, use ${name} --help.\n`
}

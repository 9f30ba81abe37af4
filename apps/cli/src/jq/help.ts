/** jq's options as they work here. */
export const jqHelp = `
Usage: super-data jq [options] PROGRAM [files...]

Runs jq here, on files or standard input, without a server. The options are jq's own:
  -n, --null-input          run once, with null as the input
  -R, --raw-input           read lines of text instead of JSON
  -s, --slurp               read all inputs into one array
  -r, --raw-output          print strings as they are
  -j, --join-output         as -r, and no line ends
      --raw-output0         as -r, with NUL instead of line ends
  -a, --ascii-output        escape everything that is not ASCII
  -c, --compact-output      one line for each output
      --tab, --indent N     indent by tabs, by N spaces (0 to 7)
  -C, -M                    with colours, without them
  -S, --sort-keys           sort the keys of objects
  -e, --exit-status         exit 1 when the last output is false or null, 4 when there is none
  -f, --from-file FILE      read the program from a file
      --arg NAME TEXT       $NAME is a string
      --argjson NAME JSON   $NAME is JSON
      --slurpfile NAME FILE $NAME is the array of values in a file
      --rawfile NAME FILE   $NAME is the text of a file
      --args, --jsonargs    what follows the program is $ARGS.positional

Exit codes: 0 done, 2 wrong options or unreadable input, 3 the program does not compile, 5 it failed.

Examples:
  super-data jq '.[] | select(.total > 100)' orders.json
  curl -s https://example.com/data.json | super-data jq -r '.items[].name'`

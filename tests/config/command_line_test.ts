import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, UsageError } from "../../lib/errors.ts";
import { parseCommandLine, splitPositionals } from "../../lib/config/command_line.ts";
import { optionNames } from "../../lib/config/options.ts";
import { askPerl, noNetServer, randomNumbers } from "./net_server.ts";

const KNOWN = new Set(optionNames());

function read(args: readonly string[]): [string, unknown][] {
  return parseCommandLine(args, KNOWN).values.map(({ key, value }) => [key, value]);
}

test("splitPositionals takes the personality and the handler off the front", () => {
  const cases: [string[], string | undefined, string | undefined, string[]][] = [
    [[], undefined, undefined, []],
    [["preforksimple"], "PreForkSimple", undefined, []],
    [["HTTP", "./app.ts", "port", "80"], "HTTP", "./app.ts", ["port", "80"]],
    [["app.mjs", "--port=80"], undefined, "app.mjs", ["--port=80"]],
    [["app.mts"], undefined, "app.mts", []],
    [["https://example.com/h.js"], undefined, "https://example.com/h.js", []],
    [["/usr/bin/program"], undefined, "/usr/bin/program", []],
    [["log_file=/tmp/x"], undefined, undefined, ["log_file=/tmp/x"]],
    [["--log_file=/tmp/x.ts"], undefined, undefined, ["--log_file=/tmp/x.ts"]],
    [["port", "80", "Fork"], undefined, undefined, ["port", "80", "Fork"]],
    [["Fork", "Fork"], "Fork", undefined, ["Fork"]],
    [["word"], undefined, undefined, ["word"]],
  ];
  for (const [argv, personality, handler, rest] of cases) {
    const split = splitPositionals(argv);
    assert.equal(split.personality, personality, argv.join(" "));
    assert.equal(split.handler, handler, argv.join(" "));
    assert.deepEqual(split.rest, rest);
    assert.equal(split.firstArgument, argv.length - rest.length + 1);
  }
});

test("parseCommandLine knows all forms of Net::Server", () => {
  assert.deepEqual(read(["--port", "80", "port=81", "--port=82", "port", "83", "port 84", "--host="]), [
    ["port", "80"],
    ["port", "81"],
    ["port", "82"],
    ["port", "83"],
    ["port", "84"],
    ["host", ""],
  ]);
});

test("parseCommandLine takes dashes for the underscores of a key, as programs elsewhere do", () => {
  assert.deepEqual(read(["--max-servers", "8", "--log-file=a-b", "--max-servers 9"]), [
    ["max_servers", "8"],
    ["log_file", "a-b"],
    ["max_servers", "9"],
  ]);
  assert.throws(
    () => read(["--max-server", "8"]),
    /Cannot read argument "--max-server": .*nearest is "max_servers"/,
  );
  assert.throws(() => read(["max-servers", "8"]), /Cannot read argument "max-servers"/);
});

test("parseCommandLine gives a key without a value the value 1", () => {
  assert.deepEqual(read(["--setsid", "--port=80", "background"]), [["setsid", "1"], ["port", "80"], [
    "background",
    "1",
  ]]);
  assert.deepEqual(read(["--setsid", "port=80"]), [["setsid", "port=80"]]);
  assert.deepEqual(read(["--host", "-x"]), [["host", "-x"]]);
  assert.deepEqual(read(["--host", ""]), [["host", ""]]);
});

test("parseCommandLine keeps a value with blanks, which Net::Server would not see", () => {
  assert.deepEqual(read(["--log_file=/tmp/a b\nc"]), [["log_file", "/tmp/a b\nc"]]);
});

test("parseCommandLine counts arguments from the one that it is told", () => {
  const { values } = parseCommandLine(["--port", "80", "--host", "x"], KNOWN, { firstArgument: 3 });
  assert.deepEqual(values.map(({ place }) => place.line), [3, 5]);
});

test("parseCommandLine refuses what is no option", () => {
  assert.throws(() => read(["--max_server", "3"]), {
    name: "ConfigError",
    message: 'command line:1: Cannot set "max_server": there is no such option; the nearest is "max_servers"',
  });
  assert.throws(() => read(["PreForkSimpl"]), /the nearest is "PreForkSimple"$/);
  assert.throws(() => read(["zzzzzzzzz"]), /there is no such option; see --help$/);
  const usage = (argument: string, why: string) =>
    assert.throws(() => read([argument]), {
      name: "UsageError",
      message: `command line:1: Cannot read argument "${argument}": ${why}`,
    });
  usage("--graceful-timeout", 'there is no such option; here it is called "stop_timeout"');
  usage("-b", 'there is no such option; here it is called "port"');
  usage("-v", "there is no such option; -V prints the version");
  usage("tine.toml", "it is not of the form --key value; write -c tine.toml for a configuration file");
  for (const argument of ["-x", "-", "", "a/b", "-port=80", "-pabc", "--", "--no-such=5", "---port"]) {
    assert.throws(() => read([argument]), UsageError, argument);
  }
  assert.throws(() => read(["--x=y"]), ConfigError);
});

test(
  "parseCommandLine reads 1,000 random lines as Net::Server's process_args does",
  { skip: noNetServer },
  () => {
    const next = randomNumbers(7);
    const pick = (list: readonly string[]) => list[Math.floor(next() * list.length)] as string;
    const keys = ["port", "host", "allow", "deny", "cidr_allow"];
    const values = ["1", "a", "x=y", "port", "%41", "%", "-v", "a:b", "é"];
    const lines = Array.from({ length: 1000 }, () => {
      const args: string[] = [];
      for (let count = Math.floor(next() * 5); count >= 0; count--) {
        const key = (next() < 0.5 ? "--" : "") + pick(keys);
        const form = next();
        if (form < 0.4) args.push(`${key}=${pick(values)}`);
        else if (form < 0.9) args.push(key, pick(values));
        else args.push(key);
      }
      return args;
    });
    // Lists keep every value, so that nothing of the reading is lost.
    const script = `
    my @all;
    for my $args (@$in) {
      my %got = map { $_ => [] } qw(port host allow deny cidr_allow);
      my @copy = @$args;
      Net::Server->new->process_args(\\@copy, \\%got);
      for my $list (values %got) { $_ = "$_" for @$list }
      push @all, {got => \\%got, left => \\@copy};
    }
    out(\\@all);
  `;
    const expected = askPerl(script, lines) as { got: Record<string, string[]>; left: string[] }[];
    lines.forEach((args, index) => {
      const { got, left } = expected[index] as { got: Record<string, string[]>; left: string[] };
      // What Net::Server leaves alone is an error here.
      if (left.length > 0) {
        assert.throws(() => read(args), args.join(" "));
        return;
      }
      const ours: Record<string, unknown[]> = { port: [], host: [], allow: [], deny: [], cidr_allow: [] };
      for (const [key, value] of read(args)) ours[key]?.push(value);
      assert.deepEqual(ours, got, args.join(" "));
    });
  },
);

test("parseCommandLine takes what follows -- as a program and its arguments, as they stand", () => {
  assert.deepEqual(read(["--port", "80", "--", "a b", "--port", "", "%41", "--"]), [
    ["port", "80"],
    ["exec", ["a b", "--port", "", "%41", "--"]],
  ]);
  assert.deepEqual(read(["--background", "--", "a"]), [["background", "1"], ["exec", ["a"]]]);
  assert.throws(() => read(["--port=80", "--"]), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(
      error.message,
      /^command line:2: Cannot read argument "--": no program follows it; write -- /,
    );
    return true;
  });
  const [exec] = parseCommandLine(["--", "a", "b"], KNOWN, { firstArgument: 4 }).values;
  assert.deepEqual(exec?.elementPlaces?.map(({ line }) => line), [5, 6]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../lib/errors.ts";
import { parseLegacyFile, readLegacyLines } from "../../lib/config/legacy_file.ts";
import { askPerl, noNetServer, randomNumbers } from "./net_server.ts";

const READ_CONF = `
  use File::Temp qw(tempfile);
  my @all;
  for my $text (@$in) {
    my ($fh, $name) = tempfile(UNLINK => 1);
    binmode $fh;
    print $fh $text;
    close $fh;
    push @all, Net::Server->_read_conf($name);
  }
  out(\\@all);
`;

/** What our reader makes of a text, in the flat form of Net::Server's. */
function pairs(text: string): string[] {
  return readLegacyLines(text).flatMap(({ key, value }) => key === undefined ? [] : [key, value ?? ""]);
}

/** Net::Server's keys may have a `--` in front, which it takes off one step later. */
function perlPairs(texts: readonly string[]): string[][] {
  const all = askPerl(READ_CONF, texts) as string[][];
  return all.map((flat) => flat.map((text, index) => index % 2 === 0 ? text.replace(/^--/, "") : text));
}

const CASES: readonly string[] = [
  "",
  "\n\n",
  "key value",
  "key value\n",
  "key = value\n",
  "key: value\n",
  "key=value\n",
  "key :value\n",
  "key = = value\n",
  "--key value\n",
  "--key=value\n",
  "---key value\n",
  "  key   value  \n",
  "\tkey\tvalue\t\n",
  "key\n",
  "key \n",
  "key  \n",
  "key =\n",
  "key = \n",
  "key =  \n",
  "key=\n",
  "=value\n",
  "key value # comment\n",
  "key value#comment\n",
  "key value \\# no comment # comment\n",
  "key \\#\n",
  "key \\\\# x\n",
  "\\# key value\n",
  "# key value\n",
  "key# value\n",
  "key\\# value\n",
  "key value\r\nother thing\r\n",
  "key\rvalue\n",
  "key\fvalue\n",
  "key\x0bvalue\n",
  "a-b c\n",
  "a.b c\n",
  "key value --other 1\n",
  "key 'a b' \"c\"\n",
  "allow .+\\.(net|com)\nallow domain\\.com\n",
  "key a=b:c\n",
  "key %41%0a\n",
];

test(
  "readLegacyLines reads a list of hard lines as Net::Server's _read_conf does",
  { skip: noNetServer },
  () => {
    const expected = perlPairs(CASES);
    CASES.forEach((text, index) => assert.deepEqual(pairs(text), expected[index], JSON.stringify(text)));
  },
);

test(
  "readLegacyLines reads 3,000 random texts as Net::Server's _read_conf does",
  { skip: noNetServer },
  () => {
    const next = randomNumbers(20203);
    const alphabet = [
      "a",
      "B",
      "_",
      "7",
      " ",
      " ",
      "\t",
      "=",
      ":",
      "#",
      "\\",
      "-",
      "--",
      "\n",
      "\n",
      "\r",
      "%",
      "/",
      '"',
    ];
    const texts = Array.from({ length: 3000 }, () => {
      const length = Math.floor(next() * 24);
      return Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join("");
    });
    const expected = perlPairs(texts);
    texts.forEach((text, index) => assert.deepEqual(pairs(text), expected[index], JSON.stringify(text)));
  },
);

test(
  "readLegacyLines reads the sample in Net::Server's manual as _read_conf does",
  { skip: noNetServer },
  () => {
    const script = `
    (my $pod = $INC{'Net/Server.pm'}) =~ s/[.]pm$/.pod/;
    open my $fh, '<', -e $pod ? $pod : $INC{'Net/Server.pm'} or die $!;
    my $text = do { local $/; <$fh> };
    $text =~ /-- file test[.]conf -+\\n(.*?)#-+ file test[.]conf/s or die "no sample";
    out($1);
  `;
    const sample = askPerl(script, null) as string;
    const ours = pairs(sample);
    assert.ok(ours.includes("cidr_allow") && ours.length >= 30, sample);
    assert.deepEqual(ours, perlPairs([sample])[0]);
  },
);

test("readLegacyLines keeps letters beyond ASCII and takes none of their bytes for a blank", () => {
  assert.deepEqual(pairs("key é\u00a0x\u2028y\u0085z\n"), ["key", "é\u00a0x\u2028y\u0085z"]);
  assert.deepEqual(pairs("é value\n\u00a0key value\n"), []);
});

test("parseLegacyFile gives line and column of each value", () => {
  const { values } = parseLegacyFile("# x\n\nport 80\n  --host = localhost # c\n", "t.conf");
  assert.deepEqual(values.map(({ key, value, place }) => [key, value, place.line, place.column]), [
    ["port", "80", 3, 6],
    ["host", "localhost ", 4, 12],
  ]);
});

test("parseLegacyFile decodes % and one digit, and warns of it", () => {
  const { values, notes } = parseLegacyFile("greeting a%41%zb%20\n", "t.conf");
  assert.equal(values[0]?.value, "a\x041%zb\x020");
  assert.deepEqual(notes, [
    "t.conf:1: greeting was decoded as Net::Server does: % and one digit are a character",
  ]);
});

test("parseLegacyFile warns of every line that it skips", () => {
  const { values, notes } = parseLegacyFile("background\n# fine\n\nport 80\n???\n", "t.conf");
  assert.equal(values.length, 1);
  assert.deepEqual(notes.map((note) => note.slice(0, 17)), ["t.conf:1: skipped", "t.conf:5: skipped"]);
});

test("parseLegacyFile refuses a value that Net::Server takes for an option", () => {
  assert.throws(() => parseLegacyFile("user x\nhost --port=80\n", "t.conf"), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^t\.conf:2:6: Cannot set host: /);
    return true;
  });
});

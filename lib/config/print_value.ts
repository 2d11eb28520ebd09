/**
 * Values of options as files and the command line write them.
 *
 * @module
 */

/** One value as text, as the command line and a `key value` file take it. */
export function printText(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value !== "object" || value === null) return String(value);
  const { port, host, proto, ipv } = value as Record<string, string | undefined>;
  const address = host === undefined ? port : `${host.includes(":") ? `[${host}]` : host}:${port}`;
  // The order is that of Net::Server's port grammar: host, port, protocol, IP version.
  return [address, proto, ipv && (/^ipv/i.test(ipv) ? ipv : `IPv${ipv}`)].filter(Boolean).join("/");
}

/** One value as TOML writes it. Text is a literal string where that saves escapes. */
export function printToml(value: unknown): string {
  if (typeof value === "string") {
    // deno-lint-ignore no-control-regex
    const literal = value.includes("\\") && !/['\x00-\x08\x0a-\x1f\x7f]/.test(value);
    // A TOML basic string knows JSON's escapes; DEL is the one character that JSON leaves as it is.
    return literal ? `'${value}'` : JSON.stringify(value).replaceAll("\x7f", "\\u007F");
  }
  if (Array.isArray(value)) return `[${value.map(printToml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([field, given]) => `${field} = ${printToml(given)}`);
    return `{ ${fields.join(", ")} }`;
  }
  return String(value);
}

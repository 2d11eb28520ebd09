/**
 * The methods that are served. Pure.
 *
 * @module
 */

/**
 * The registered methods (RFC 9110 §16.1.1) without CONNECT and TRACE, which are for proxies and which no `Request` can
 * have. Others are answered with 501, as RFC 9110 §9.1 says for a method that is not recognized.
 */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "ACL",
  "BIND",
  "CHECKOUT",
  "COPY",
  "LINK",
  "LOCK",
  "M-SEARCH",
  "MERGE",
  "MKACTIVITY",
  "MKCALENDAR",
  "MKCOL",
  "MOVE",
  "NOTIFY",
  "PROPFIND",
  "PROPPATCH",
  "PURGE",
  "QUERY",
  "REBIND",
  "REPORT",
  "SEARCH",
  "SOURCE",
  "SUBSCRIBE",
  "UNBIND",
  "UNLINK",
  "UNLOCK",
  "UNSUBSCRIBE",
]);

/** Whether requests with this method reach the handler. */
export function isServed(method: string): boolean {
  return METHODS.has(method);
}

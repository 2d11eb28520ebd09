/**
 * The slice of Bun's globals that `lib/runtime/` uses, so that `deno check` can read Bun's adapter too; `deno.json`
 * names this file. What is declared here wrongly comes out when `scripts/check_types.ts` checks the same code against
 * the real `bun-types`.
 */

declare namespace Bun {
  const version: string;
  const main: string;
}

interface Worker {
  ref(): void;
  unref(): void;
}

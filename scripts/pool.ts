/**
 * Runs jobs side by side.
 *
 * @module
 */

/**
 * Runs the jobs in their order, at most `width` at once. One that `isAlone` starts when the others have ended, and the
 * next start when it has.
 */
export async function runPool<Job extends { readonly isAlone: boolean }>(
  jobs: readonly Job[],
  width: number,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const job of jobs) {
    const room = job.isAlone ? 1 : width;
    while (running.size >= room) await Promise.race(running);
    const one: Promise<void> = run(job).finally(() => running.delete(one));
    running.add(one);
    if (job.isAlone) await one;
  }
  await Promise.all(running);
}

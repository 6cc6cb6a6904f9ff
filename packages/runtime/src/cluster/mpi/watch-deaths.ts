/** Between two looks at the processes of other ranks. */
const LOOK_MS = 1000;

/** Looks that find a process gone before it counts: most launchers have ended the job by then, and say how it died. */
const LOOKS = 3;

/**
 * Watches for ranks that have died, of which not every launcher tells the others: they would wait until the time limit.
 * Notes them. Does not keep the process from ending. Returns what ends the watch.
 */
export function watchDeaths(dead: () => readonly number[], note: (ranks: readonly number[]) => void): () => void {
  let looks = 0;
  const timer = setInterval(() => {
    const ranks = dead();
    looks = ranks.length === 0 ? 0 : looks + 1;
    if (looks >= LOOKS) note(ranks);
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

import type { PeerProcess } from './peer-process.ts';

/** Runs steps for about `warmMs`, until their code is compiled; returns ms per step. */
export async function warmPeer(peer: PeerProcess, warmMs: number): Promise<number> {
  let [spentMs, stepMs, steps] = [0, Number.NaN, 10];
  while (spentMs < warmMs) {
    const done = await peer.run(steps);
    spentMs += done.ms;
    stepMs = done.ms / done.steps;
    steps = Math.max(steps, Math.round(warmMs / 4 / stepMs));
  }
  return stepMs;
}

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createPool } from '@gradloom/runtime';

/** Limits this process's address space from outside, whether root or not. */
const bound = (bytes: number | string) =>
  spawnSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}:unlimited`]);
const taken = (): number => 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

/** A pool whose threads have failed, and which cannot start new ones while memory is short. */
const pool = await createPool({ threads: 2 });
const [first, second] = await Promise.all([pool.acquire(1), pool.acquire(1)]);
await Promise.all([first.release(true), second.release(true)]);
bound(taken() + 300 * 1024 ** 2);
const refusals = await Promise.allSettled([pool.acquire(2), pool.acquire(1)]);
bound('unlimited');
const team = await pool.acquire(2);
await Promise.all(team.run([{ kind: 'ping' }, { kind: 'ping' }]));
await team.release();
await pool.destroy();
console.log(JSON.stringify(refusals.map((it) => (it.status === 'rejected' ? it.reason.message : it.status))));

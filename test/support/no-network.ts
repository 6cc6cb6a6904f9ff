import { ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Server, Socket } from 'node:net';

/** Loaded into the program and its threads by `--import`: aborts them if they use the network or start a process. */
const refuse = (what: string) => (): never => {
  process.stderr.write(`NETWORK: ${what}\n`);
  process.kill(process.pid, 'SIGABRT');
  throw new Error(what);
};

Socket.prototype.connect = refuse('connect');
Server.prototype.listen = refuse('listen');
dgram.createSocket = refuse('a datagram');
for (const name of ['lookup', 'resolve'] as const) Object.assign(dns, { [name]: refuse(`dns.${name}`) });
// spawn, exec and fork of child_process all call this.
Object.assign(ChildProcess.prototype, { spawn: refuse('a process') });
globalThis.fetch = refuse('fetch');
syncBuiltinESMExports();
